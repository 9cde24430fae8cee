"""An avatar from a frontal photograph.

    points = first_guess(width_px, height_px)            # (22, 2), for the user to drag
    fit = fit_landmarks(points, start, (width_px, height_px))
    seen = read_colours(picture, points)                 # (height, width, 3) sRGB, uint8
    person = seen.worn_by(fit.identity)

landmarks   the 22 named points, and where they lie before anybody has dragged one
places      where they lie on the avatar's mesh
camera      the camera that took the picture
checks      points that cannot be where they are
fit         points -> weights of the face's shape
colours     picture -> colours of skin, lips, hair, brows and eyes
cielab      CIELAB and the CIEDE2000 difference

Pixels have x to the right and y down, from the top left corner. Left and right are the person's.
"""

from avatars.photo.checks import misplaced
from avatars.photo.colours import Seen, read_colours
from avatars.photo.fit import Fit, fit_landmarks
from avatars.photo.landmarks import GROUPS, LANDMARKS, NAMES, Landmark
from avatars.photo.places import first_guess, guessed_again

__all__ = [
    "GROUPS",
    "LANDMARKS",
    "NAMES",
    "Fit",
    "Landmark",
    "Seen",
    "first_guess",
    "fit_landmarks",
    "guessed_again",
    "misplaced",
    "read_colours",
]
