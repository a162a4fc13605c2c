/* The faults' texts. */
#include "fault.h"

#include <stddef.h>

const char *
fault_text(int fault)
{
	static const char *const text[] = {
	    [FAULT_NONE] = "nothing is wrong",
	    [FAULT_NOT_JSON] = "the answer is not a JSON object",
	    [FAULT_MEMBERS] = "the answer has a member that is not known",
	    [FAULT_NUMBER] = "the answer's number is not the event's",
	    [FAULT_RESULT] = "the answer's result is not done, retry or dead",
	    [FAULT_MESSAGE] = "the answer's message is not a string",
	    [FAULT_LONG] = "the answer is too long",
	    [FAULT_EARLY] = "the worker answered before it had read the event",
	    [FAULT_UNASKED] = "the worker wrote a line that nobody asked for",
	    [FAULT_CLOSED] = "the worker closed its output",
	};

	return fault >= 0 && (size_t)fault < sizeof text / sizeof text[0] ? text[fault] : "the answer is wrong";
}
