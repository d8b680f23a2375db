// Files of /etc that a sandbox of `do` has of its own. Pure.
#pragma once

#include <string>
#include <string_view>

namespace agentbox::container {

// `text`, the host's resolv.conf(5), with `substitute` in the place of name servers on the host's
// loopback, which the sandbox does not reach.
std::string NameServers(std::string_view text, std::string_view substitute);

// A shadow(5) for the users of `passwd` (passwd(5)), none of whom has a password: su(1) of root,
// chpasswd(8) and passwd(1) fail where there is no entry.
std::string ShadowFile(std::string_view passwd);

}  // namespace agentbox::container
