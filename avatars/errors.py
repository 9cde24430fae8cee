"""What can go wrong with the avatar."""


class AvatarError(Exception):
    """An asset, an expression or the graphics driver is not what the avatar needs.

    The message is one sentence for the user: what was expected, and what was found.
    """
