"""The training wizard: teacher and student, inside the application."""
