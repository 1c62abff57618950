"""The reference's generator and counting noise written down once more, one number at a time, to test the fast ones."""

import math
from itertools import count

import numpy as np

MODULUS = 2**31 - 1


def single(value: float) -> np.float32:
    return np.float32(value)


class ReferenceGenerator:
    def __init__(self, state: int) -> None:
        self.state = state
        self.table = [0] * 32
        self.last = 0
        self.spare: np.float32 | None = None
        self.drawn = 0

    def draw(self) -> np.float32:
        self.drawn += 1
        if self.state <= 0 or self.last == 0:
            self.state = max(-self.state, 1)
            for step in range(1, 41):
                self.state = self.state * 16807 % MODULUS
                if step >= 9:
                    self.table[40 - step] = self.state
            self.last = self.table[0]
        self.state = self.state * 16807 % MODULUS
        slot = self.last // 2**26
        self.last, self.table[slot] = self.table[slot], self.state
        u = single(self.last / MODULUS)
        return single(1 - 1.2e-7) if float(u) > 1 - 1.2e-7 else u

    def normal(self) -> np.float32:
        if self.spare is not None:
            waiting, self.spare = self.spare, None
            return waiting
        while True:
            v1 = single(2.0 * float(self.draw()) - 1.0)
            v2 = single(2.0 * float(self.draw()) - 1.0)
            square = v1 * v1 + v2 * v2
            if 0 < square < 1:
                factor = single(math.sqrt(-2.0 * math.log(float(square)) / float(square)))
                self.spare = v1 * factor
                return v2 * factor

    def poisson(self, x: np.float32) -> np.float32:
        mean = float(x)
        if mean > 1e6:
            return single(mean + math.sqrt(mean) * float(self.normal()))
        if mean < 12:
            limit, product = single(math.exp(-mean)), single(1.0)
            for number in count():
                product *= self.draw()
                if product <= limit:
                    return single(number)
        width, log_x = single(math.sqrt(2.0 * mean)), single(math.log(mean))
        peak = x * log_x - log_gamma(x + single(1.0))
        while True:
            e = single(-1.0)
            while e < 0:
                y = single(math.tan(math.pi * float(self.draw())))
                e = width * y + x
            e = single(math.floor(e))
            exponent = e * log_x - log_gamma(e + single(1.0)) - peak
            if self.draw() <= single(0.9 * (1.0 + float(y * y)) * math.exp(float(exponent))):
                return e


def log_gamma(argument: np.float32) -> np.float32:
    x = float(argument)
    coefficients = [76.18009172947146, -86.50532032941677, 24.01409824083091]
    coefficients += [-1.231739572450155, 0.1208650973866179e-2, -0.5395239384953e-5]
    series = 1.000000000190015
    for j, coefficient in enumerate(coefficients):
        series += coefficient / (x + 1 + j)
    return single(-((x + 5.5) - (x + 0.5) * math.log(x + 5.5)) + math.log(2.5066282746310005 * series / x))
