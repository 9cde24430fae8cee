"""The avatar studio."""
