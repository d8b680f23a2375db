// The commands, one file each.
#pragma once

#include "cli/command.h"

namespace agentbox::cli {

extern const Command kCreate;
extern const Command kDelete;
extern const Command kDo;
extern const Command kDoctor;
extern const Command kEvents;
extern const Command kExec;
extern const Command kFeatures;
extern const Command kGc;
extern const Command kKill;
extern const Command kList;
extern const Command kPause;
extern const Command kPlan;
extern const Command kPs;
extern const Command kResume;
extern const Command kRun;
extern const Command kSpec;
extern const Command kStart;
extern const Command kState;
extern const Command kUpdate;
extern const Command kCompletion;

}  // namespace agentbox::cli
