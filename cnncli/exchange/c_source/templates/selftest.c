#ifdef CNNCLI_SELFTEST
#include <stdio.h>

$golden

/* Return the largest difference of values that should be equal, relative to the largest value. */
static double compare(int count, const float *values, const float *expected)
{
    double largest = 0, difference = 0;
    for (int i = 0; i < count; i++) {
        double apart = fabs((double)values[i] - expected[i]);
        difference = apart <= difference ? difference : apart; /* also where it is NaN */
        largest = fabs(expected[i]) > largest ? fabs(expected[i]) : largest;
    }
    return largest > 0 ? difference / largest : difference;
}

/* Fail unless samples get the answers that cnncli gave them. */
int main(void)
{
    static float input[${upper}_INPUT_SIZE], output[${upper}_OUTPUT_SIZE];
    int failed = 0;
    for (int i = 0; i < $count; i++) {
        double logits, answers;
        $normalize($pixels, $channels, input_scale, input_shift,
                   golden_$noun + i * ${upper}_INPUT_SIZE, input);
        ${name}_predict(input, output);
        logits = compare(${upper}_OUTPUT_SIZE, output, golden_logits + i * ${upper}_OUTPUT_SIZE);
        ${name}_predict_$noun(golden_$noun + i * ${upper}_INPUT_SIZE, output);
        answers = compare(${upper}_OUTPUT_SIZE, output, golden_answers + i * ${upper}_OUTPUT_SIZE);
        printf("sample %d: logits differ by %.1e, answers by %.1e\n", i + 1, logits, answers);
        failed |= !(logits <= 1e-4 && answers <= 1e-4);
    }
    return failed;
}
#endif
