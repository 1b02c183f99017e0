/* $title: a convolutional network in C99, without allocation, and with libm alone beside it.

   $architecture

   Written by cnncli. $checked

   To be fast:         cc -O3 -march=native -c $file
   To test a compiler: cc -O2 -std=c99 -DCNNCLI_SELFTEST $file -lm && ./a.out */
#include "$header"

#include <math.h>
#include <stdlib.h>
#include <string.h>

