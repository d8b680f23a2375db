// Templates as layers of OCI images (image-spec, layer.md): a tar with owners as the container's
// ids, `.wh.NAME` for what the layer removes, `.wh..wh..opq` in a directory that shows nothing of
// those below it. Of extended attributes user.* and security.capability are kept, those of
// overlayfs left out.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "container/container.h"

namespace agentbox::container {

// Writes the template's own layer, without those below it, to the new file `path`; "-" is standard
// output. kUnsupported for what such a layer can not say: directories that were moved away from a
// layer below, names that begin with ".wh.".
Result<void> ExportTemplate(const Runtime& runtime,
                            const std::string& name,
                            const std::string& path);

struct ImportRequest {
  std::string name;
  std::string path;    // "-": standard input
  std::string parent;  // the template that it is to lie on; empty: none
  std::string image;   // TemplateRecord::image; empty: the parent's
};

// Makes a template of such a tar, which may come from anywhere (kInvalidSpec, naming the entry, for
// what can not be taken): a path with ".." or from "/" on, one that leads through a symlink or to
// something that is there already, device nodes, ids beyond 65,535, unknown `.wh.` names. Modes are
// kept, set-uid bits among them; on the host the files belong to ids that are nobody's, in a
// directory that is root's alone.
Result<void> ImportTemplate(const Runtime& runtime, const ImportRequest& request);

// What both sides know of the format.
constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kOpaqueMark = ".wh..wh..opq";

// vfs_cap_data as tar has it, with the root whose capability it is left out (VFS_CAP_REVISION_2),
// of that of a file which belongs to a user namespace's root (VFS_CAP_REVISION_3), and back, with
// `root` as that. Empty where it is neither, or another root's.
std::string PortableCapability(std::string_view on_disk, std::uint32_t root);
std::string CapabilityOf(std::string_view portable, std::uint32_t root);

}  // namespace agentbox::container
