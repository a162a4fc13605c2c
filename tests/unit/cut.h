/*
 * A power cut, at any write of this process: files as a disk may have them then.  What was flushed is there; of what was written since, each
 * sector of 512 bytes is there or not, as it happens.  (Names are taken for flushed: tests/powercut cuts those, too.)  No flush
 * is waited for, as the disk is ours.
 */
#ifndef HOOKSPOOL_TEST_CUT_H
#define HOOKSPOOL_TEST_CUT_H

/* From now on count writes.  At number AT, from 1 (0: never), the files in DIR are copied to IMAGE, torn by SEED; then DONE is called. */
void cut_arm(const char *dir, const char *image, unsigned at, unsigned seed, void (*done)(void));

/* Writes so far. */
unsigned cut_count(void);

#endif
