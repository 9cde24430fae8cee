"""Putting another model to work in the engine that runs."""

from __future__ import annotations

from app.compose import load_classifier
from app.library import Model
from evoke.classifier import Classifier, check_fit
from evoke.engine import Engine
from evoke.errors import CheckpointError
from evoke.signal.chain import ChainSettings
from evoke.store.base import AuditSink


def deploy(model: Model, engine: Engine | None, sink: AuditSink) -> Classifier:
    """Load a model and let the engine read with it from its next window on; not for the GUI
    thread. It is refused, told to the sink, and then switched to, in this order, so that no
    switch goes untold.

    Raises CheckpointError if the model is damaged or does not fit the signal path, EvokeError if
    the sink cannot be told; what runs goes on as it was.
    """
    if model.damage:
        raise CheckpointError(model.damage)
    classifier = load_classifier(None if model.demo else model.path, model.name)
    check_fit(classifier, ChainSettings().describe() if engine is None else engine.chain)
    before = {} if engine is None else {"instead_of": engine.classifier.name}
    sink.record("model deployed", model.fingerprint, {"name": model.name, **before})
    if engine is not None:
        engine.set_classifier(classifier)
    return classifier
