/* Everything once: what the memory checkers look at. */
#include "workout.h"

int main(void)
{
    workout("store");
    return 0;
}
