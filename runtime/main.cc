#include "cli/cli.h"

int main(int argc, char** argv) {
  return agentbox::cli::Main(argc, argv);
}
