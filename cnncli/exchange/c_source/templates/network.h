/* $title: a convolutional network in C99, without allocation, and with libm alone beside it.

   $architecture

   Written by cnncli. See $name.c. */
#ifndef ${guard}
#define ${guard}

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ${upper}_INPUT_SIZE $input_size /* $input_shape */
#define ${upper}_OUTPUT_SIZE $output_size /* $output_shape */

/* The names of the $plural, in the order of the outputs. */
extern const char *const ${name}_names[$names];

/* Run the network on an input that is normalized already; write its outputs, $outputs.
   $returns
   Inputs are row by row, and within a pixel channel by channel. Neither array may overlap the
   other. A single thread at a time may call this: the values between layers are in static
   memory, $bytes bytes. */
int ${name}_predict(const float *input, float *output);

/* The same for $samples; the outputs become $answers. */
int ${name}_predict_$noun(const $type *$noun, float *output);

#ifdef __cplusplus
}
#endif

#endif
