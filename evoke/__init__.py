"""The path of a signal, from samples to an emotion.

    source.read() -> Chunk         samples as they came            sources/
    signal chain  -> 32 x 128 Hz   filtered, resampled, mapped      signal/
    features      -> 32 x 4        one second, four bands           features.py
    baseline      -> 32 x 4        against rest                     baseline.py
    classifier    -> 3             calibrated P(high)               classifier.py
    emotion       -> Affect        smoothed, one of eight           emotion.py

`analyzer.py` is that path on one page; `engine.py` runs it in threads. Arrays are
(n_channels, n_samples); units are uV, s and Hz. Nothing here imports Qt or OpenGL.
"""
