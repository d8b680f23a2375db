#include "init/channel.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace agentbox::init {
namespace {

struct Ends {
  Channel one;
  Channel other;
};

Ends Connected() {
  kernel::SocketPair sockets = Unwrap(kernel::PacketSocketPair());
  return {Channel(std::move(sockets.one)), Channel(std::move(sockets.other))};
}

BOOST_AUTO_TEST_SUITE(channel)

BOOST_AUTO_TEST_CASE(a_message_arrives_with_its_data_and_fds) {
  const Ends ends = Connected();
  BOOST_REQUIRE(ends.one.Send(Message::kMountsMade, "1+ 2 ", {STDIN_FILENO}));
  const auto packet = ends.other.Expect(Message::kMountsMade);
  BOOST_REQUIRE(packet);
  BOOST_TEST(packet->data == "1+ 2 ");
  BOOST_TEST(packet->fds.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_peer_arrives_whole) {
  const Ends ends = Connected();
  ends.one.SendError(Error::FromErrno(ENOENT).Within("open_tree(2) of /src").Within("mounts[3]"));
  const auto packet = ends.other.Expect(Message::kReady);
  BOOST_REQUIRE(!packet);
  BOOST_TEST(packet.error().ToString() ==
             "mounts[3]: open_tree(2) of /src: No such file or directory (ENOENT)");
  BOOST_TEST(packet.error().Errno() == ENOENT);
}

BOOST_AUTO_TEST_CASE(a_wrong_message_is_named_with_the_expected_one) {
  const Ends ends = Connected();
  BOOST_REQUIRE(ends.one.Send(Message::kHooksRan));
  const auto packet = ends.other.Expect(Message::kReady);
  BOOST_REQUIRE(!packet);
  BOOST_TEST(packet.error().ToString() == "expected kReady, received kHooksRan");
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_gone_is_told_from_one_that_says_why) {
  kernel::SocketPair sockets = Unwrap(kernel::PacketSocketPair());
  const Channel channel(std::move(sockets.one));
  sockets.other.Reset();
  const auto packet = channel.Expect(Message::kReady);
  BOOST_REQUIRE(!packet);
  BOOST_TEST(IsPeerGone(packet.error()));
  BOOST_TEST(!channel.Send(Message::kStart));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_error_decode_to_an_internal_one) {
  for (const std::string_view bytes : {"", "x", "9 1", "99 1\0", "1 2x\0", "1 2"}) {
    BOOST_TEST((Error::Decode(bytes).Kind() == ErrorKind::kInternal));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::init
