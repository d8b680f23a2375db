#include "container/doctor.h"

#include <algorithm>
#include <utility>

#include "container/doctor_checks.h"
#include "json/writer.h"

namespace agentbox::container {
namespace {

constexpr std::string_view Word(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warn";
    case Health::kMissing:
      return "missing";
  }
  return "";
}

std::string Line(const Finding& finding) {
  std::string line(Word(finding.health));
  line.resize(9, ' ');
  line += finding.feature + ": " + finding.detail + "; for " + finding.purpose;
  if (finding.health != Health::kOk && !finding.remedy.empty()) line += "; " + finding.remedy;
  return line + "\n";
}

void Append(std::vector<Finding>& findings, std::vector<Finding> more) {
  std::ranges::move(more, std::back_inserter(findings));
}

}  // namespace

std::vector<Finding> Examine(const Runtime& runtime) {
  std::vector<Finding> findings = ExamineKernel();
  Append(findings, ExamineScratch(runtime));
  Append(findings, ExamineIds());
  Append(findings, ExamineCgroups());
  Append(findings, ExaminePrograms(runtime));
  Append(findings, ExamineOptional());
  return findings;
}

bool IsUsable(const std::vector<Finding>& findings) {
  return std::ranges::none_of(findings, [](const Finding& finding) {
    return finding.is_essential && finding.health == Health::kMissing;
  });
}

std::string ToString(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text += Line(finding);
  return text;
}

std::string ToJson(const std::vector<Finding>& findings) {
  json::Writer writer("  ");
  writer.BeginList();
  for (const Finding& finding : findings) {
    writer.BeginObject();
    writer.Member("feature", finding.feature);
    writer.Member("status", Word(finding.health));
    writer.Member("detail", finding.detail);
    writer.Member("purpose", finding.purpose);
    writer.Member("remedy", finding.remedy);
    writer.Member("essential", finding.is_essential);
    writer.End();
  }
  writer.End();
  return std::move(writer).Take() + "\n";
}

}  // namespace agentbox::container
