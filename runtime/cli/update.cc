#include <array>
#include <optional>
#include <string>

#include "cli/verbs.h"
#include "container/invocation.h"
#include "spec/read_config.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"resources",
           'r',
           "FILE",
           "linux.resources as in config.json, \"-\": standard input; the others are ignored then"},
    Option{"memory", 0, "BYTES", "memory limit; -1: none"},
    Option{"memory-reservation", 0, "BYTES", "memory that is kept when others want it"},
    Option{"memory-swap", 0, "BYTES", "limit of memory and swap together; -1: none"},
    Option{"kernel-memory", 0, "BYTES", "accepted and ignored: gone from the kernel"},
    Option{"kernel-memory-tcp", 0, "BYTES", "limit of memory for TCP buffers (v1)"},
    Option{"cpu-period", 0, "USECS", "period of the CPU limit"},
    Option{"cpu-quota", 0, "USECS", "CPU time in each period; -1: no limit"},
    Option{"cpu-burst", 0, "USECS", "CPU time that may be saved up for later periods"},
    Option{"cpu-share", 0, "N", "weight of the container's CPU time"},
    Option{"cpu-shares", 0, "N", "the same"},
    Option{"cpu-rt-period", 0, "USECS", "period of real-time processes"},
    Option{"cpu-rt-runtime", 0, "USECS", "CPU time of real-time processes in each period"},
    Option{"cpu-idle", 0, "0|1", "1: gets CPU time only that nobody else wants"},
    Option{"cpuset-cpus", 0, "LIST", "CPUs: 0-3,7"},
    Option{"cpuset-mems", 0, "LIST", "memory nodes"},
    Option{"pids-limit", 0, "N", "processes; -1: no limit"},
    Option{"blkio-weight", 0, "N", "weight of the container's block I/O, 10 to 1000"},
    Option{"l3-cache-schema", 0, "TEXT", "share of the last level cache"},
    Option{"mem-bw-schema", 0, "TEXT", "share of the memory bandwidth"},
};

Result<spec::Memory> ReadMemory(const Arguments& arguments) {
  spec::Memory memory;
  memory.limit = TRY(arguments.Size("memory"));
  memory.reservation = TRY(arguments.Size("memory-reservation"));
  memory.swap = TRY(arguments.Size("memory-swap"));
  memory.kernel_tcp = TRY(arguments.Size("kernel-memory-tcp"));
  return memory;
}

Result<spec::Cpu> ReadCpu(const Arguments& arguments) {
  spec::Cpu cpu;
  cpu.period = TRY(arguments.Number<std::uint64_t>("cpu-period"));
  cpu.quota = TRY(arguments.Number<std::int64_t>("cpu-quota"));
  cpu.burst = TRY(arguments.Number<std::uint64_t>("cpu-burst"));
  cpu.shares = TRY(arguments.Number<std::uint64_t>("cpu-share"));
  const auto shares = TRY(arguments.Number<std::uint64_t>("cpu-shares"));
  if (shares) cpu.shares = shares;
  cpu.realtime_period = TRY(arguments.Number<std::uint64_t>("cpu-rt-period"));
  cpu.realtime_runtime = TRY(arguments.Number<std::int64_t>("cpu-rt-runtime"));
  cpu.idle = TRY(arguments.Number<std::int64_t>("cpu-idle"));
  cpu.cpus = arguments.ValueOr("cpuset-cpus", "");
  cpu.mems = arguments.ValueOr("cpuset-mems", "");
  return cpu;
}

Result<spec::Resources> ReadResourceOptions(const Arguments& arguments) {
  spec::Resources resources;
  resources.memory = TRY(ReadMemory(arguments));
  resources.cpu = TRY(ReadCpu(arguments));
  resources.pids_limit = TRY(arguments.Number<std::int64_t>("pids-limit"));
  const auto weight = TRY(arguments.Number<std::uint16_t>("blkio-weight"));
  if (weight) resources.block_io = spec::BlockIo{.weight = weight};
  return resources;
}

Result<spec::Resources> ReadResources(const Arguments& arguments) {
  const auto file = arguments.Value("resources");
  if (!file) return ReadResourceOptions(arguments);
  const std::string text = TRY(container::ReadInput(*file));
  return TRY_WITHIN(spec::ReadResources(text), *file);
}

Result<int> Run(const Invocation& invocation) {
  const spec::Resources resources = TRY(ReadResources(invocation.arguments));
  std::vector<std::string> schemata;
  for (const char* name : {"l3-cache-schema", "mem-bw-schema"}) {
    if (const auto schema = invocation.arguments.Value(name)) schemata.push_back(*schema);
  }
  TRY(container::Update(invocation.runtime, invocation.Id(), resources, schemata));
  return 0;
}

}  // namespace

constexpr Command kUpdate = {
    .name = "update",
    .words = "ID",
    .summary = "change the limits of a container",
    .example = "agentbox update --memory 512m --pids-limit 200 web",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
