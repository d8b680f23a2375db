#include "apply/engine_overlay.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace agentbox::apply {
namespace {

// The parameters of overlayfs (fs/overlayfs/params.c) and of every superblock.
constexpr std::array<std::string_view, 28> kKeys = {"rw",
                                                    "ro",
                                                    "sync",
                                                    "dirsync",
                                                    "lazytime",
                                                    "lowerdir",
                                                    "lowerdir+",
                                                    "datadir+",
                                                    "upperdir",
                                                    "workdir",
                                                    "default_permissions",
                                                    "redirect_dir",
                                                    "index",
                                                    "uuid",
                                                    "nfs_export",
                                                    "userxattr",
                                                    "xino",
                                                    "metacopy",
                                                    "verity",
                                                    "volatile",
                                                    "override_creds",
                                                    "nooverride_creds",
                                                    "context",
                                                    "fscontext",
                                                    "seclabel",
                                                    "defcontext",
                                                    "rootcontext",
                                                    "fsync"};

constexpr std::array<std::string_view, 3> kCarriedOver = {"metacopy", "redirect_dir", "userxattr"};

bool BeginsOption(std::string_view text) {
  const std::string_view key = text.substr(0, text.find_first_of("=,"));
  return std::ranges::find(kKeys, key) != kKeys.end();
}

std::vector<std::string_view> SplitOptions(std::string_view text) {
  std::vector<std::string_view> options;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',' || !BeginsOption(text.substr(i + 1))) continue;
    options.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  options.push_back(text.substr(start));
  return options;
}

// The layers of "lowerdir": colons between them, two before a data-only one; a backslash takes the
// meaning from what follows it.
void ReadLayers(std::string_view text, EngineOverlay& overlay) {
  std::vector<std::string>* list = &overlay.lower;
  std::string layer;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      layer += text[++i];
    } else if (text[i] != ':') {
      layer += text[i];
    } else {
      if (!layer.empty()) list->push_back(std::move(layer));
      layer.clear();
      if (text.substr(i).starts_with("::")) list = &overlay.data;
    }
  }
  if (!layer.empty()) list->push_back(std::move(layer));
}

}  // namespace

EngineOverlay ReadEngineOverlay(std::string_view options) {
  EngineOverlay overlay;
  for (const std::string_view option : SplitOptions(options)) {
    const auto equals = option.find('=');
    const std::string_view key = option.substr(0, equals);
    const std::string value(equals == std::string_view::npos ? "" : option.substr(equals + 1));
    if (key == "lowerdir") {
      ReadLayers(value, overlay);
    } else if (key == "lowerdir+") {
      overlay.lower.push_back(value);
    } else if (key == "datadir+") {
      overlay.data.push_back(value);
    } else if (key == "upperdir") {
      overlay.upper = value;
    } else if (key == "workdir") {
      overlay.work = value;
    } else if (std::ranges::find(kCarriedOver, key) != kCarriedOver.end()) {
      overlay.options.emplace_back(key, value);
    }
  }
  return overlay;
}

}  // namespace agentbox::apply
