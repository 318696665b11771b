// The page: whole in itself, nothing of a model ever read as markup, and a policy that would forbid it.
#include "cli/dashboard.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

using namespace longwave::cli;

TEST_CASE("dashboard: the program carries the page as it is in the tree") {
  std::ifstream in(std::string(LONGWAVE_SOURCE_DIR) + "/web/dashboard.html", std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == dashboard_page());
}

TEST_CASE("dashboard: nothing is loaded from elsewhere, and no text becomes markup") {
  const std::string page(dashboard_page());
  for (const char* forbidden : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "http://",
                                "https://", "src=", "@import", "url(", "onclick", "onload", "javascript:", "style="})
    CHECK(page.find(forbidden) == std::string::npos);
  CHECK(page.find("name=\"viewport\"") != std::string::npos);
  for (const char* part : {"<script", "<style"}) CHECK(page.find(part) == page.rfind(part));
}

TEST_CASE("dashboard: the policy allows the page's own parts by hash and nothing else") {
  // echo -n "x" | openssl dgst -sha256 -binary | base64
  const auto policy = content_security_policy("<style>x</style><script>x</script>");
  CHECK(policy.find("default-src 'none'") == 0);
  CHECK(policy.find("script-src 'sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE='") != std::string::npos);
  CHECK(policy.find("style-src 'sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE='") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(content_security_policy("no parts").find("script-src 'none'; style-src 'none'") != std::string::npos);
  const auto reply = dashboard_reply();
  bool named = false;
  for (const auto& [name, value] : reply.headers) named = named || (name == "Content-Security-Policy" && value == content_security_policy(dashboard_page()));
  CHECK(named);
}
