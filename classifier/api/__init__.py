"""For people who work in scikit-learn or spaCy: an estimator over texts, a component on documents."""
