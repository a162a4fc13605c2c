/* The table of stage.h, read from behind: for each stage those that it can follow. */
#include "stage.h"

#define IS(stage) (1u << (stage))

bool
stage_may_follow(enum stage stage, enum stage next)
{
	static const unsigned before[] = {
	    [STAGE_NEW] = 0,
	    [STAGE_IDLE] = IS(STAGE_NEW) | IS(STAGE_IDLE) | IS(STAGE_ANSWERING),
	    [STAGE_READING] = IS(STAGE_NEW) | IS(STAGE_IDLE),
	    [STAGE_ANSWERING] = IS(STAGE_READING),
	    [STAGE_CLOSED] = IS(STAGE_IDLE) | IS(STAGE_READING) | IS(STAGE_ANSWERING),
	    [STAGE_DISMISSED] = IS(STAGE_IDLE),
	    [STAGE_ENDING] = IS(STAGE_NEW) | IS(STAGE_IDLE) | IS(STAGE_READING) | IS(STAGE_ANSWERING) |
		IS(STAGE_CLOSED) | IS(STAGE_DISMISSED),
	    [STAGE_LATE] = IS(STAGE_READING) | IS(STAGE_ANSWERING),
	    [STAGE_FAULTY] = IS(STAGE_IDLE) | IS(STAGE_READING) | IS(STAGE_ANSWERING) | IS(STAGE_CLOSED),
	};

	return (before[next] & IS(stage)) != 0;
}

bool
stage_is_last(enum stage stage)
{
	return stage >= STAGE_DISMISSED;
}
