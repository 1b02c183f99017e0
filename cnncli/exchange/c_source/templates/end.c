/* The values between layers, $bytes bytes: those needed at different times share their place. */
static float memory[$floats];

const char *const ${name}_names[$names] = {
$name_list
};

int ${name}_predict(const float *input, float *output)
{
$statements
    return $result;
}

int ${name}_predict_$noun(const $type *$noun, float *output)
{
    float *input = memory + $offset;
    int answer;
    $normalize($pixels, $channels, input_scale, input_shift, $noun, input);
    answer = ${name}_predict(input, output);
    $finish
    return answer;
}

