#include "launch/filter.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <span>
#include <utility>

#include "abi/syscalls.h"
#include "base/strings.h"
#include "kernel/socket.h"
#include "launch/bpf.h"
#include "plan/syscall_table.h"

namespace agentbox::launch {
namespace {

using plan::SeccompAction;
using plan::SeccompDecision;
using plan::SeccompRule;

constexpr SeccompDecision kNotThere = {SeccompAction::kErrno, ENOSYS};

std::uint32_t AnswerOf(const SeccompDecision& decision) {
  switch (decision.action) {
    case SeccompAction::kKillThread:
      return SECCOMP_RET_KILL_THREAD;
    case SeccompAction::kKillProcess:
      return SECCOMP_RET_KILL_PROCESS;
    case SeccompAction::kTrap:
      return SECCOMP_RET_TRAP;
    case SeccompAction::kErrno:
      return SECCOMP_RET_ERRNO | decision.data;
    case SeccompAction::kNotify:
      return SECCOMP_RET_USER_NOTIF;
    case SeccompAction::kTrace:
      return SECCOMP_RET_TRACE | decision.data;
    case SeccompAction::kLog:
      return SECCOMP_RET_LOG;
    case SeccompAction::kAllow:
      return SECCOMP_RET_ALLOW;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

// A rule, and the number of its call. Sorted by number; the rules of one call are in their order.
struct NumberedRule {
  std::uint32_t number = 0;
  const SeccompRule* rule = nullptr;
};
using Rules = std::span<const NumberedRule>;

// Numbers from `first` up to the next range's first, with one answer: always `answer`, or, where
// there are any, by `rules`.
struct Range {
  std::uint32_t first = 0;
  std::uint32_t answer = 0;
  Rules rules;
  std::vector<Range> singles;  // numbers within it that have answers of their own
};

void Add(std::vector<Range>& ranges, const Range& range) {
  const bool continues = !ranges.empty() && ranges.back().rules.empty() && range.rules.empty() &&
                         ranges.back().answer == range.answer;
  if (!continues) ranges.push_back(range);
}

// What runc's patch of libseccomp's filters does, by the same rule. A tracer is taken to know what
// to do with calls that are new to us.
bool RefusesNewCalls(const SeccompDecision& otherwise) {
  return otherwise.action != SeccompAction::kAllow && otherwise.action != SeccompAction::kLog &&
         otherwise.action != SeccompAction::kTrace;
}

std::vector<Range> RangesOf(Rules rules, const SeccompDecision& otherwise) {
  const std::uint32_t other = AnswerOf(otherwise);
  const bool refuses_new = RefusesNewCalls(otherwise) && !rules.empty();
  std::vector<Range> ranges;
  std::uint32_t next = 0;
  while (!rules.empty()) {
    const auto [number, rule] = rules.front();
    std::size_t count = 1;
    while (count < rules.size() && rules[count].number == number)
      ++count;
    if (number > next) Add(ranges, {.first = next, .answer = other});
    if (rule->conditions.empty()) {
      Add(ranges, {.first = number, .answer = AnswerOf(rule->decision)});
    } else {
      Add(ranges, {.first = number, .rules = rules.first(count)});
    }
    next = number + 1;
    rules = rules.subspan(count);
  }
  Add(ranges, {.first = next, .answer = refuses_new ? AnswerOf(kNotThere) : other});
  Add(ranges, {.first = abi::kForeignNumbers, .answer = AnswerOf(kNotThere)});
  return ranges;
}

// Takes single numbers between two ranges with the same answer into one range: one comparison in
// the place of two. More than a few would make the calls behind them slow.
std::vector<Range> Folded(const std::vector<Range>& ranges) {
  constexpr std::size_t kMostSingles = 3;
  std::vector<Range> folded;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const bool is_between = !folded.empty() && i + 1 < ranges.size() &&
                            ranges[i + 1].first == ranges[i].first + 1 &&
                            ranges[i + 1].rules.empty() && folded.back().rules.empty() &&
                            ranges[i + 1].answer == folded.back().answer;
    if (is_between && folded.back().singles.size() < kMostSingles) {
      folded.back().singles.push_back(ranges[i]);
      ++i;
    } else {
      folded.push_back(ranges[i]);
    }
  }
  return folded;
}

class Compiler {
 public:
  explicit Compiler(std::uint32_t otherwise) : otherwise_(otherwise) {}

  // The tree of `ranges` from index `first` to before `last`. A holds the call's number. Halves
  // have as many numbers, not as many ranges: when it loads a filter the kernel runs it once for
  // each number that it knows, to see which calls it need not run it for (kernel/seccomp.c,
  // seccomp_cache_prepare()).
  BpfAddress Tree(const std::vector<Range>& ranges, std::size_t first, std::size_t last) {
    if (last - first == 1) return Leaf(ranges[first]);
    const std::size_t middle = Middle(ranges, first, last);
    const BpfAddress above = Tree(ranges, middle, last);
    const BpfAddress below = Tree(ranges, first, middle);
    return code_.Branch({BPF_JGE, ranges[middle].first}, above, below);
  }

  std::vector<struct sock_filter> Finish(BpfAddress tree) && {
    const BpfAddress number = code_.Load(BpfCode::kNumber, tree);
    const BpfAddress foreign = code_.Answer(AnswerOf(kNotThere));
    const BpfAddress check = code_.Branch({BPF_JEQ, abi::kNativeArchitecture}, number, foreign);
    code_.Load(BpfCode::kArchitecture, check);
    return std::move(code_).Program();
  }

 private:
  // The range after `first` and before `last` that begins nearest to the middle of their numbers.
  static std::size_t Middle(const std::vector<Range>& ranges, std::size_t first, std::size_t last) {
    const std::uint32_t end = last < ranges.size() ? ranges[last].first : ranges[last - 1].first;
    const std::uint32_t half = std::midpoint(ranges[first].first, end);
    const auto nearest = std::ranges::min_element(
        ranges.begin() + first + 1, ranges.begin() + last, {}, [half](const Range& range) {
          return range.first > half ? range.first - half : half - range.first;
        });
    return static_cast<std::size_t>(nearest - ranges.begin());
  }

  BpfAddress Leaf(const Range& range) {
    if (!range.rules.empty()) return Decided(range);
    BpfAddress next = code_.Answer(range.answer);
    for (const Range& single : range.singles)
      next = code_.Branch({BPF_JEQ, single.first}, Leaf(single), next);
    return next;
  }

  // Whether the lower half of an argument is tested, nothing else, and still in A after that.
  static bool IsOfWord(const plan::SeccompCondition& condition) {
    constexpr std::uint64_t kLow = 0xffffffff;
    return condition.compare == plan::SeccompCompare::kMaskedEq && condition.value <= kLow &&
           condition.value_two <= kLow &&
           BpfCode::KeepsWord(static_cast<std::uint32_t>(condition.value),
                              static_cast<std::uint32_t>(condition.value_two));
  }

  // By the rules of one call.
  BpfAddress Decided(const Range& range) {
    return List(range.rules, 0, {.address = code_.Answer(otherwise_)});
  }

  // Where a list goes on if the rules before it do not hold.
  struct Later {
    BpfAddress address = 0;
    const plan::SeccompCondition* test = nullptr;  // what it begins with, if that is a test
    bool is_shared = false;                        // whether others go there too
    bool wants_word = false;                       // in A: it does not load what it tests
  };

  // Rules of which the conditions before `depth` hold. Neighbours that have the next one in common
  // test it once. From the last to the first: code is made back to front.
  BpfAddress List(Rules rules, std::size_t depth, Later otherwise) {
    std::vector<Later> later = {otherwise};
    while (!rules.empty()) {
      const auto& conditions = rules.back().rule->conditions;
      if (conditions.size() == depth) {
        later.push_back({.address = code_.Answer(AnswerOf(rules.back().rule->decision))});
        rules = rules.first(rules.size() - 1);
      } else {
        const Rules group = LastGroup(rules, depth);
        later.push_back(Group(group, depth, later));
        rules = rules.first(rules.size() - group.size());
      }
    }
    return later.back().address;
  }

  // Rules that have the condition at `depth` in common.
  Later Group(Rules group, std::size_t depth, std::vector<Later>& later) {
    const plan::SeccompCondition& condition = group.front().rule->conditions[depth];
    const bool is_one_test =
        group.size() == 1 && group.front().rule->conditions.size() == depth + 1;
    Later& rest = FirstPossible(later, condition);
    if (!is_one_test) rest.is_shared = true;
    Later& next = later.back();
    if (IsOfWord(condition) && !next.is_shared) {
      const BpfAddress test = code_.WithoutLoad(BpfCode::Low(condition.argument), next.address);
      next.wants_word = test != next.address;
      next.address = test;
    }
    const BpfAddress holds = List(group, depth + 1, {.address = rest.address, .is_shared = true});
    const BpfAddress address = Condition(condition, holds, next.address);
    // A condition that always or never holds has no code of its own.
    const bool is_new = address > std::max(holds, next.address);
    return {.address = address, .test = &condition, .is_shared = !is_new};
  }

  // Where to go on when `condition` holds: not to tests that it lets fail.
  static Later& FirstPossible(std::vector<Later>& later, const plan::SeccompCondition& condition) {
    std::size_t possible = later.size() - 1;
    for (std::size_t i = possible; i > 0; --i) {
      if (later[i].test == nullptr || !Excludes(condition, *later[i].test)) break;
      if (!later[i - 1].wants_word) possible = i - 1;
    }
    return later[possible];
  }

  static bool Excludes(const plan::SeccompCondition& one, const plan::SeccompCondition& other) {
    const std::uint64_t common = one.value & other.value;
    return one.compare == plan::SeccompCompare::kMaskedEq && other.compare == one.compare &&
           one.argument == other.argument && ((one.value_two ^ other.value_two) & common) != 0;
  }

  // The rules at the end of `rules` that have the condition at `depth` of the last one.
  static Rules LastGroup(Rules rules, std::size_t depth) {
    const plan::SeccompCondition& condition = rules.back().rule->conditions[depth];
    std::size_t first = rules.size() - 1;
    while (first > 0 && rules[first - 1].rule->conditions.size() > depth &&
           rules[first - 1].rule->conditions[depth] == condition) {
      --first;
    }
    return rules.subspan(first);
  }

  // The kernel's BPF has 32 bits, so an argument is compared in halves, the upper one first.
  BpfAddress Condition(const plan::SeccompCondition& condition, BpfAddress yes, BpfAddress no) {
    const BpfCode::Word low = BpfCode::Low(condition.argument);
    const BpfCode::Word high = BpfCode::High(condition.argument);
    const auto [value_low, value_high] = Halves(condition.value);
    switch (condition.compare) {
      case plan::SeccompCompare::kNe:
        return Equals(condition, no, yes);
      case plan::SeccompCompare::kEq:
        return Equals(condition, yes, no);
      case plan::SeccompCompare::kLt:
        return Above({BPF_JGE, value_low}, condition, no, yes);
      case plan::SeccompCompare::kGe:
        return Above({BPF_JGE, value_low}, condition, yes, no);
      case plan::SeccompCompare::kLe:
        return Above({BPF_JGT, value_low}, condition, no, yes);
      case plan::SeccompCompare::kGt:
        return Above({BPF_JGT, value_low}, condition, yes, no);
      case plan::SeccompCompare::kMaskedEq: {
        const auto [wanted_low, wanted_high] = Halves(condition.value_two);
        const BpfAddress rest = code_.Masked(low, value_low, wanted_low, {yes, no});
        return code_.Masked(high, value_high, wanted_high, {rest, no});
      }
    }
    return no;
  }

  BpfAddress Equals(const plan::SeccompCondition& condition, BpfAddress yes, BpfAddress no) {
    constexpr std::uint32_t kAll = 0xffffffff;
    const auto [low, high] = Halves(condition.value);
    const BpfAddress rest = code_.Masked(BpfCode::Low(condition.argument), kAll, low, {yes, no});
    return code_.Masked(BpfCode::High(condition.argument), kAll, high, {rest, no});
  }

  // The upper half decides unless it is equal; then `compare` of the lower half does.
  BpfAddress Above(const BpfCode::Test& compare,
                   const plan::SeccompCondition& condition,
                   BpfAddress yes,
                   BpfAddress no) {
    const std::uint32_t high = Halves(condition.value).second;
    const BpfAddress low_half =
        code_.Load(BpfCode::Low(condition.argument), code_.Branch(compare, yes, no));
    // Nothing is below an upper half of 0: what is not equal is above.
    const BpfAddress unequal = high == 0 ? yes : no;
    BpfAddress upper = code_.Branch({BPF_JEQ, high}, low_half, unequal);
    if (high != 0) upper = code_.Branch({BPF_JGT, high}, yes, upper);
    return code_.Load(BpfCode::High(condition.argument), upper);
  }

  static std::pair<std::uint32_t, std::uint32_t> Halves(std::uint64_t value) {
    return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32U)};
  }

  BpfCode code_;
  std::uint32_t otherwise_;
};

unsigned FlagsOf(const plan::SeccompFilter& filter) {
  constexpr unsigned kForListeners = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  if (!plan::Notifies(filter)) return filter.flags & ~kForListeners;
  // Both give a result, so with both the kernel wants to be told which one is meant.
  const bool syncs = (filter.flags & SECCOMP_FILTER_FLAG_TSYNC) != 0;
  return filter.flags | SECCOMP_FILTER_FLAG_NEW_LISTENER |
         (syncs ? SECCOMP_FILTER_FLAG_TSYNC_ESRCH : 0U);
}

}  // namespace

std::optional<std::uint32_t> SyscallNumber(std::string_view name) {
  const plan::SyscallEntry* const entry = plan::FindSyscall(name);
  if (entry == nullptr) return std::nullopt;
  return entry->Number();
}

Result<abi::SeccompProgram> CompileFilter(const plan::SeccompFilter& filter,
                                          std::vector<std::string>* skipped) {
  std::vector<NumberedRule> rules;
  rules.reserve(filter.rules.size());
  for (const SeccompRule& rule : filter.rules) {
    if (const auto number = SyscallNumber(rule.syscall)) {
      rules.push_back({*number, &rule});
    } else if (skipped != nullptr) {
      skipped->push_back(rule.syscall);
    }
  }
  std::ranges::stable_sort(rules, {}, &NumberedRule::number);
  const std::vector<Range> ranges = Folded(RangesOf(rules, filter.otherwise));
  Compiler compiler(AnswerOf(filter.otherwise));
  const BpfAddress tree = compiler.Tree(ranges, 0, ranges.size());
  abi::SeccompProgram program = {.instructions = std::move(compiler).Finish(tree),
                                 .flags = FlagsOf(filter)};
  if (program.instructions.size() > BPF_MAXINSNS) {
    return Fail(Error(ErrorKind::kUnsupported,
                      filter.origin + ": too many rules for one filter: " +
                          std::to_string(program.instructions.size()) + " instructions, of " +
                          std::to_string(BPF_MAXINSNS)));
  }
  return program;
}

Result<void> SendSeccompListener(const std::string& socket_path,
                                 int listener,
                                 const std::string& state) {
  const UniqueFd socket =
      TRY_WITHIN(kernel::ConnectStream(socket_path), "linux.seccomp.listenerPath");
  TRY_WITHIN(kernel::SendPacket(socket.Get(), state, {listener}), "linux.seccomp.listenerPath");
  return {};
}

}  // namespace agentbox::launch
