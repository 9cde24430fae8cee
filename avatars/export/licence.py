"""What others may do with an exported avatar.

The finished identities show nobody and are CC0, as the data they are made of. Any other avatar may
be the likeness of a person: its file says that it is private, until its owner says otherwise.
"""

from __future__ import annotations

from avatars.export.binary import Json
from avatars.identity import Identity, identity_names

CREDIT = "Face from MakeHuman/MPFB2 (CC0); face units by Mika Suominen (CC0)"
_CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
_PRIVATE = f"A private likeness, all rights reserved. {CREDIT}"


def is_finished(look: Identity) -> bool:
    """Whether `look` is one of the identities that come with the program, unchanged."""
    return look.name in identity_names() and Identity.load(look.name) == look


def asset_licence(look: Identity) -> Json:
    """Entries of a glTF file's asset."""
    if not is_finished(look):
        return {"copyright": _PRIVATE}
    licence = {"license": "CC0-1.0", "licenseUrl": _CC0}
    return {"copyright": f"{CREDIT}; CC0-1.0", "extras": licence}


def vrm_meta(look: Identity) -> Json:
    """VRM 1.0's meta: who may wear the avatar, and what for."""
    free = is_finished(look)
    meta = {
        "name": look.name,
        "version": "1",
        "authors": ["EVOKE"],
        "copyrightInformation": CREDIT if free else _PRIVATE,
        "thirdPartyLicenses": CREDIT,
        "licenseUrl": "https://vrm.dev/licenses/1.0/",
        "avatarPermission": "everyone" if free else "onlyAuthor",
        "commercialUsage": "corporation" if free else "personalNonProfit",
        "creditNotation": "unnecessary" if free else "required",
        "allowRedistribution": free,
        "modification": "allowModificationRedistribution" if free else "prohibited",
    }
    return meta | ({"otherLicenseUrl": _CC0} if free else {})
