"""What the model must beat: a constant, the visible pass fraction, a logistic model of the numbers."""

import numpy as np

from measures import log_loss


def logistic(train, validation, columns):
    """Logistic regression on some numbers by Newton's method; its penalty is chosen on the validation
    rows."""
    mean = train.features[:, columns].mean(0).astype(np.float64)
    deviation = train.features[:, columns].std(0).astype(np.float64) + 1e-3

    def matrix(rows):
        x = (rows.features[:, columns] - mean) / deviation
        return np.hstack([x, np.ones((len(x), 1))])

    def predictor(theta):
        return lambda rows: sigmoid(matrix(rows) @ theta)

    fits = [predictor(newton(matrix(train), train.label, train.weights(), c)) for c in (10.0, 100.0, 1000.0)]
    return min(fits, key=lambda predict: log_loss(validation.label, predict(validation)))


def newton(x, y, weight, penalty, steps=12):
    theta = np.zeros(x.shape[1])
    ridge = np.full(x.shape[1], penalty)
    ridge[-1] = 1e-6
    for _ in range(steps):
        p = sigmoid(x @ theta)
        gradient = x.T @ (weight * (p - y)) + ridge * theta
        curvature = weight * np.maximum(p * (1 - p), 1e-4)
        theta -= np.linalg.solve((x.T * curvature) @ x + np.diag(ridge), gradient)
    return theta


def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -30, 30)))


def all_of(train, validation, names):
    """Every baseline as a function from rows to probabilities."""
    share = [names.index("passed_share"), names.index("passed_all")]
    constant = float(np.average(train.label, weights=train.weights()))
    return {
        "constant": lambda rows: np.full(len(rows), constant),
        "pass fraction": logistic(train, validation, share),
        "logistic": logistic(train, validation, list(range(len(names)))),
    }
