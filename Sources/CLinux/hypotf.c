// SPDX-License-Identifier: Apache-2.0
#include <math.h>

/* hypot(3) for float. The static Swift library calls hypotf, which glibc 2.35 gave a new symbol version; with this
 * definition the binary needs none of glibc's and starts on 2.34 (EL 9) too.
 *
 * Exact enough: the sum of two squares of floats neither overflows nor underflows as a double. */
float hypotf(float x, float y) {
        if (isinf(x) || isinf(y))
                return INFINITY;
        return (float) sqrt((double) x * x + (double) y * y);
}
