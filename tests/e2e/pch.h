#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
