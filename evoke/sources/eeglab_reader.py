"""Reads one EEGLAB file and writes what is in it to standard output; run as a script.

SciPy's reader believes the sizes written inside a MATLAB file: one wrong byte can make it read
outside its memory and end the process. So a `.set` is read by a process that nobody misses,
which imports nothing of this program, and gets no more memory than such a file can need: 184 bytes
can declare a matrix of 7 GB. See `eeglab.py` for the other end.

Output: length of the header (8 bytes, little endian), the header (JSON), and, where the samples
lie inside the `.set`, those as (n_channels, n_samples) little-endian float64 in V.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(path: str, memory: int) -> None:
    """memory: in bytes, on top of what the libraries take."""
    import mne

    limit_memory(memory)
    output, sys.stdout = sys.stdout.buffer, sys.stderr  # a library's print must not mix in
    raw = mne.io.read_raw_eeglab(path, preload=False, verbose="error")
    data_file = str(raw.filenames[0])
    header = {
        "rate_hz": float(raw.info["sfreq"]),
        "n_samples": int(raw.n_times),
        "names": [str(name) for name in raw.ch_names],
        "types": raw.get_channel_types(),
        "positions": [[float(v) for v in ch["loc"][:3]] for ch in raw.info["chs"]],
        "onsets_s": [float(v) for v in raw.annotations.onset],
        "labels": [str(v) for v in raw.annotations.description],
        "data_file": data_file,
    }
    text = json.dumps(header).encode()
    output.write(len(text).to_bytes(8, "little") + text)
    if Path(data_file).suffix.lower() == ".set":
        output.write(raw.get_data(verbose="error").astype("<f8").tobytes())
    output.flush()


def limit_memory(most: int) -> None:
    """Let this process take so many bytes more; on Linux, elsewhere it does nothing."""
    if sys.platform == "win32":
        return
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + most
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
