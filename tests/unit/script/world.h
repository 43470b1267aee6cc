// world.h - a session to run scripts in, and what they print.
#pragma once
#include "script/script.h"

extern session script_session_s;
extern budget script_process;
void script_world_start(void);
void script_world_finish(void); // aborts if anything is still charged

// prints runs a script that must succeed, and must print that.
void prints(const char *source, const char *printed);
// raises runs one that must fail with this error, at a line.
void raises(const char *source, err code, const char *class, unsigned line);
// fails is raises of bad_script, in parsing: nothing was executed.
void refuses(const char *source, unsigned line, unsigned column);
extern char raised[FAULT_DETAIL]; // the detail of the last failure
// run_script runs one with limits, forgets the fault and returns its code.
err run_script(const char *source, const script_limits *l);
