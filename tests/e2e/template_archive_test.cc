// Templates as tar archives: what goes out comes back, and what comes in from others is not
// trusted.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/template_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

struct Archive : TemplateBox {
  // A tar that Python's statements make of `add(NAME, TYPE, **MEMBERS)`.
  std::string Tar(const std::string& statements, const std::string& mode = "w") const {
    const std::string path = tree / "layer.tar";
    fs::remove(path);
    const std::string script =
        "import io, sys, tarfile\n"
        "tar = tarfile.open(sys.argv[1], sys.argv[2], format=tarfile.PAX_FORMAT)\n"
        "def add(name, type=tarfile.REGTYPE, data=b'', **members):\n"
        "    info = tarfile.TarInfo(name)\n"
        "    info.type, info.size = type, len(data)\n"
        "    for key, value in members.items(): setattr(info, key, value)\n"
        "    tar.addfile(info, io.BytesIO(data))\n" +
        statements + "\ntar.close()\n";
    const Outcome made = RunCommand({"python3", "-c", script, path, mode});
    BOOST_TEST_REQUIRE(made.status == 0, made.errors);
    return path;
  }

  // That it is refused, with `part`, and leaves no template.
  void CheckRefused(const std::string& statements, const std::string& part) {
    const std::string name = Name();
    const Outcome outcome = Template({"import", name, Tar(statements)});
    CheckFails(outcome, 1, part);
    BOOST_TEST(!Exists("/var/lib/agentbox/@templates/" + name));
  }

  // What Python's statements make of `tar`, and of its bytes in `gz` and `zst`: the file of `out`.
  std::string Made(const std::string& statements) const {
    const std::string path = tree / "made";
    const std::string script =
        "import gzip, sys\n"
        "tar = open(sys.argv[1], 'rb').read()\n"
        "gz = bytearray(gzip.compress(tar))\n"
        // One frame of one block that is not compressed.
        "zst = (bytes.fromhex('28b52ffd a0') + len(tar).to_bytes(4, 'little')\n"
        "       + (len(tar) << 3 | 1).to_bytes(3, 'little') + tar)\n" +
        statements + "\nopen(sys.argv[2], 'wb').write(out)\n";
    const std::string from = Tar("add('f', data=b'x' * 1024)");
    const Outcome made = RunCommand({"python3", "-c", script, from, path});
    BOOST_TEST_REQUIRE(made.status == 0, made.errors);
    return path;
  }

  void CheckMadeIsRefused(const std::string& statements, const std::string& part) {
    const std::string name = Name();
    CheckFails(Template({"import", name, Made(statements)}), 1, part);
    BOOST_TEST(!Exists("/var/lib/agentbox/@templates/" + name));
  }

  std::string Members(const std::string& path) const {
    return RunCommand({"python3",
                       "-c",
                       "import sys, tarfile\n"
                       "sys.stdout.reconfigure(errors='surrogateescape')\n"
                       "for m in tarfile.open(sys.argv[1]):\n"
                       "    x = [k for k in sorted(m.pax_headers) if 'xattr' in k]\n"
                       "    print(m.name, m.type.decode(), oct(m.mode), m.uid, m.gid, m.linkname,"
                       " *x)\n",
                       path})
        .output;
  }
};

BOOST_FIXTURE_TEST_SUITE(template_archive, Archive)

BOOST_AUTO_TEST_CASE(what_is_exported_is_an_oci_layer_and_comes_back) {
  fs::create_directories(tree / "full");
  for (const char* file : {"gone", "full/inner"})
    WriteFile(tree / file, "host's");
  global = WithXattrs();
  const std::string name = Created(
      "umask 022; echo new > new; chown 1234:77 new; chmod 4750 new; ln new zz; ln -s new link; "
      "rm gone; rm -r full; mkdir full; touch 'full/\xc3\xa4 \xff'; mkfifo fifo; "
      "truncate -s 100M sparse; echo end >> sparse; cp /bin/true tool; "
      "python3 -c 'import os\n"
      "os.setxattr(\"new\", \"user.note\", b\"a\\0b\")\n"
      "os.setxattr(\"tool\", \"security.capability\", bytes([1,0,0,2,0,32]+[0]*14))'");
  const std::string path = tree / "out.tar";
  const Outcome exported = Template({"export", name, path});
  BOOST_TEST_REQUIRE(exported.status == 0, exported.errors);
  CheckFails(Template({"export", name, path}), 1, "File exists");

  const std::string in_tar = tree.Path().substr(1) + "/";
  const std::string members = Members(path);
  for (const std::string& line :
       {in_tar + "new 0 0o4750 1234 77  SCHILY.xattr.user.note\n",
        in_tar + "zz 1 0o4750 1234 77 " + in_tar + "new\n",
        in_tar + "link 2 0o777 0 0 new\n",
        in_tar + ".wh.gone 0 0o0 0 0 \n",
        in_tar + "full 5 0o755 0 0 \n",
        in_tar + "full/.wh..wh..opq 0 0o0 0 0 \n",
        in_tar + "fifo 6 0o644 0 0 \n",
        in_tar + "tool 0 0o755 0 0  SCHILY.xattr.security.capability\n"}) {
    BOOST_TEST(members.find(line) != std::string::npos, line << members);
  }
  BOOST_TEST(members.find("overlay") == std::string::npos);
  BOOST_TEST(RunCommand({"tar", "-tf", path}).status == 0);

  const std::string again = Name();
  const Outcome imported = Template({"import", again, path});
  BOOST_TEST_REQUIRE(imported.status == 0, imported.errors);
  fs::remove(path);
  const std::string show =
      "find . -printf '%P %y %m %U:%G %n %l %s\\n' | sort; cat new zz; sha256sum sparse; "
      "python3 -c 'import os\n"
      "print(os.listxattr(\"new\"), os.getxattr(\"new\", \"user.note\"),"
      " os.getxattr(\"tool\", \"security.capability\"))'";
  const auto shown = [&](const std::string& which) {
    return OutputOf(show, {"--template", which, global[0], global[1]});
  };
  BOOST_TEST(shown(again) == shown(name));
  struct stat status = {};
  BOOST_REQUIRE(::stat((LayerOf(again) + tree.Path() + "/sparse").c_str(), &status) == 0);
  BOOST_TEST(status.st_blocks < 1000);
}

BOOST_AUTO_TEST_CASE(through_pipes_and_compressed) {
  const std::string name = Created("echo x > file");
  const std::string again = Name();
  const Outcome outcome = RunCommand(
      {"sh",
       "-c",
       "\"$1\" template export \"$2\" | gzip | \"$1\" template import \"$3\" --template \"$2\"",
       "sh",
       AgentboxPath(),
       name,
       again});
  BOOST_TEST_REQUIRE(outcome.status == 0, outcome.errors);
  BOOST_TEST(Record(again)["parent"] == name);
  BOOST_TEST(OutputOf("cat file", {"--template", again}) == "x");
}

BOOST_AUTO_TEST_CASE(what_can_not_be_said_in_a_tar_is_refused) {
  fs::create_directories(tree / "old");
  WriteFile(tree / "old/file", "host's");
  const std::string name = Created("mv old new");
  CheckFails(Template({"export", name, tree / "out.tar"}), 1, "was moved here from a layer below");
  BOOST_TEST(!Exists(tree / "out.tar"));
}

BOOST_AUTO_TEST_CASE(others_tars_are_taken) {
  const std::string name = Name();
  const std::string path =
      Tar("add('./', tarfile.DIRTYPE, mode=0o755)\n"
          "add('srv/" +
          fs::path(tree.Path()).filename().string() +
          "/a/b/c', data=b'deep', uid=5, gid=6, mode=0o600)\n"
          "add('" +
          tree.Path().substr(1) +
          "/dir', tarfile.DIRTYPE, mode=0o700, uid=7, mtime=1000)\n"
          "add('" +
          tree.Path().substr(1) +
          "/dir/in', data=b'in', mode=0o644,"
          " pax_headers={'SCHILY.xattr.security.selinux': 'x', 'SCHILY.xattr.user.overlay.opaque': "
          "'y'})\n");
  const Outcome imported = Template({"import", name, path});
  BOOST_TEST_REQUIRE(imported.status == 0, imported.errors);
  fs::remove(path);
  const Strings xattrs = WithXattrs();
  BOOST_TEST(OutputOf("cat a/b/c dir/in; echo; stat -c '%n %a %u:%g %Y' a/b/c dir; "
                      "stat -c '%a %u' a; python3 -c 'import os; print(os.listxattr(\"dir/in\"))'",
                      {"--template", name, xattrs[0], xattrs[1]}) ==
             "deepin\na/b/c 600 5:6 0\ndir 700 7:0 1000\n755 0\n[]");
}

BOOST_AUTO_TEST_CASE(hostile_tars_are_refused) {
  CheckRefused("add('../x', data=b'x')", "has \"..\" in it");
  CheckRefused("add('a/../../x', data=b'x')", "has \"..\" in it");
  CheckRefused("add('/etc/x', data=b'x')", "is not relative");
  CheckRefused("add('l', tarfile.SYMTYPE, linkname='/etc')\nadd('l/x', data=b'x')",
               "leads through \"l\"");
  CheckRefused("add('l', tarfile.SYMTYPE, linkname='/etc')\nadd('l', data=b'x')", "File exists");
  CheckRefused("add('l', tarfile.SYMTYPE, linkname='/etc')\nadd('l', tarfile.DIRTYPE)",
               "openat2(2) of l");
  CheckRefused("add('f', data=b'x')\nadd('f/x', data=b'x')", "leads through \"f\"");
  CheckRefused("add('h', tarfile.LNKTYPE, linkname='/etc/shadow')", "is not relative");
  CheckRefused("add('h', tarfile.LNKTYPE, linkname='../../template.json')", "has \"..\" in it");
  CheckRefused(
      "add('l', tarfile.SYMTYPE, linkname='/etc')\n"
      "add('h', tarfile.LNKTYPE, linkname='l/shadow')",
      "openat2(2) of l");
  CheckRefused("add('d', tarfile.CHRTYPE, devmajor=1, devminor=3)", "is a device");
  CheckRefused("add('d', tarfile.BLKTYPE, devmajor=8, devminor=0)", "is a device");
  CheckRefused("add('w', tarfile.CHRTYPE)", "is a device");
  CheckRefused("add('u', data=b'x', uid=65536)", "belongs to id 65536");
  CheckRefused("add('u', data=b'x', gid=4294967295)", "belongs to id 4294967295");
  CheckRefused("add('.wh...', data=b'')", "no whiteout that is known");
  CheckRefused("add('.wh.', data=b'')", "no whiteout that is known");
  CheckRefused("add('a/.wh..wh.plnk', data=b'')", "no whiteout that is known");
  CheckRefused("add('.wh.a/x', data=b'')", "below a name that begins with .wh.");
  CheckRefused("add('c', data=b'x', pax_headers={'SCHILY.xattr.security.capability': 'x'})",
               "security.capability that is none");
}

BOOST_AUTO_TEST_CASE(what_is_no_tar_is_no_template) {
  WriteFile(tree / "file", "no tar");
  CheckFails(Template({"import", Name(), tree / "file"}), 1, "tar archive");
  const std::string path = Tar("add('f', data=b'x' * 100000)");
  fs::resize_file(path, 50000);
  CheckFails(Template({"import", Name(), path}), 1, "tar archive");
}

BOOST_AUTO_TEST_CASE(what_is_damaged_or_cut_off_is_refused) {
  CheckMadeIsRefused("gz[-8] ^= 1; out = gz", "gzip: damaged: incorrect data check");
  CheckMadeIsRefused("gz[-4] ^= 1; out = gz", "gzip: damaged: incorrect length check");
  // As it is stored, any byte of the file decodes.
  CheckMadeIsRefused("out = bytearray(gzip.compress(tar, 0)); out[700] ^= 1",
                     "gzip: damaged: incorrect data check");
  CheckMadeIsRefused("out = gz[:-8]", "gzip: cut off: its end is missing");
  CheckMadeIsRefused("out = gz[:-1]", "gzip: cut off: its end is missing");
  CheckMadeIsRefused("out = gz[:40]", "gzip: cut off: its end is missing");
  CheckMadeIsRefused("out = gz + b'xyz'", "gzip: damaged: incorrect header check");
  CheckMadeIsRefused("out = zst[:-1]", "Truncated zstd input");
  CheckMadeIsRefused("out = tar[:512 + 1024]", "tar archive: cut off: its end is missing");
  CheckMadeIsRefused("out = gzip.compress(tar[:512 + 1024])", "tar archive: cut off");
}

BOOST_AUTO_TEST_CASE(archives_of_any_writer_are_taken) {
  for (const std::string statements :
       {"out = tar",
        "out = gz",
        "out = zst",
        // By parallel gzips, and by tape drives.
        "out = gzip.compress(tar[:700]) + gzip.compress(tar[700:]) + bytes(512)",
        "out = tar[:512 + 1024] + bytes(512)",
        "out = bytes(1024)"}) {
    const Outcome imported = Template({"import", Name(), Made(statements)});
    BOOST_TEST(imported.status == 0, statements << ": " << imported.errors);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
