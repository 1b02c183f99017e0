/* Answer inputs from stdin to stdout, as long as there are any. */
#include "$header"

#include <stdio.h>

int main(void)
{
    static float input[${upper}_INPUT_SIZE], output[${upper}_OUTPUT_SIZE];
    while (fread(input, sizeof input, 1, stdin) == 1) {
        ${name}_predict(input, output);
        if (fwrite(output, sizeof output, 1, stdout) != 1)
            return 1;
    }
    return 0;
}
