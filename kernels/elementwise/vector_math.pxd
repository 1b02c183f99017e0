"""Transcendental functions that loops are vectorized with; see vector_math.h."""

cdef extern from "elementwise/vector_math.h" nogil:
    float at_least(float limit, float x) noexcept
    float at_most(float limit, float x) noexcept
    float choose(bint condition, float a, float b) noexcept
    float exponential(float x) noexcept
    float exponential_minus_one(float x) noexcept
    float hyperbolic_tangent(float x) noexcept
    float logistic(float x) noexcept
    float normal_distribution(float x, float *density) noexcept
