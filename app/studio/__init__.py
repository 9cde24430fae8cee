"""The avatar studio: faces made by hand, and kept."""
