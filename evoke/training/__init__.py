"""Training and distillation.

    data.load_windows -> LabelledWindows    features, labels, where each window comes from
    run.run           -> [Trained]          folds of a protocol: trained, calibrated, tested
    trainer.fit                             one network, on one page
    losses, calibration, metrics            the mathematics
    config, events                          what goes in and what is said meanwhile

Only `losses` and `trainer` import torch. Networks and the writer of checkpoints are handed in.
"""
