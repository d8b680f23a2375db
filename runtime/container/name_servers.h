// /etc/resolv.conf for a sandbox in `do`. Pure.
#pragma once

#include <string>
#include <string_view>

namespace agentbox::container {

// `text`, the host's resolv.conf(5), with `substitute` in the place of name servers on the host's
// loopback, which the sandbox does not reach.
std::string NameServers(std::string_view text, std::string_view substitute);

}  // namespace agentbox::container
