// The commands, one file each.
#pragma once

#include "cli/command.h"

namespace agentbox::cli {

extern const Command kChanges;
extern const Command kApply;
extern const Command kCreate;
extern const Command kDelete;
extern const Command kDiff;
extern const Command kDiscard;
extern const Command kDo;
extern const Command kDoctor;
extern const Command kEvents;
extern const Command kExec;
extern const Command kFeatures;
extern const Command kGc;
extern const Command kInstall;
extern const Command kKill;
extern const Command kList;
extern const Command kPause;
extern const Command kPlan;
extern const Command kPs;
extern const Command kReset;
extern const Command kResume;
extern const Command kRun;
extern const Command kSeccomp;
extern const Command kSpec;
extern const Command kStart;
extern const Command kState;
extern const Command kTemplate;
extern const Command kUninstall;
extern const Command kUpdate;
extern const Command kCompletion;

}  // namespace agentbox::cli
