// The dashboard: one page, part of the program, with the headers that keep it from being anything else.
#pragma once

#include "cli/http_exchange.hpp"

#include <string>
#include <string_view>

namespace longwave::cli {

/// web/dashboard.html as it was when the program was built.
std::string_view dashboard_page() noexcept;

/// The Content-Security-Policy for a page: nothing may be loaded, the page's own inline scripts and styles may run, known
/// by their SHA-256, and it may ask its own origin.
std::string content_security_policy(std::string_view page);

/// Answer to GET /.
http_reply dashboard_reply();

} // namespace longwave::cli
