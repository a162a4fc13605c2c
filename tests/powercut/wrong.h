/* Where an image is not as it must be, the process that looks at it says why, and ends. */
#ifndef POWERCUT_WRONG_H
#define POWERCUT_WRONG_H

#define WRONG_STATUS 3

__attribute__((noreturn, format(printf, 1, 2))) void wrong(const char *format, ...);

#endif
