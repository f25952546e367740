"""Recognise RSA keys of a generator whose keys can be factored (CVE-2017-15361, "ROCA").

Its primes are all of the form k * M + (65537 ** a mod M), M a product of small primes. So the
modulus, taken modulo each of these small primes, is a power of 65537; one sound key in two hundred
million is so by chance.
"""

from __future__ import annotations

from typing import Final

__all__ = ["is_roca_modulus"]

_LARGEST_PRIME: Final = 167
_GENERATOR: Final = 65537


def _powers(prime: int) -> frozenset[int]:
    return frozenset(pow(_GENERATOR, exponent, prime) for exponent in range(prime - 1))


_PRIMES: Final = tuple(
    number
    for number in range(3, _LARGEST_PRIME + 1)
    if all(number % divisor for divisor in range(2, number))
)
_MARKS: Final = tuple((prime, _powers(prime)) for prime in _PRIMES)


def is_roca_modulus(modulus: int) -> bool:
    """Whether *modulus* has the mark of the faulty generator."""
    return all(modulus % prime in powers for prime, powers in _MARKS)
