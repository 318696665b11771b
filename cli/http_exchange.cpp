// Status phrases and problem documents.
#include "cli/http_exchange.hpp"

#include "messages/json_controls.hpp"

#include <nlohmann/json.hpp>

namespace longwave::cli {

std::string_view status_phrase(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

http_reply problem_reply(int status, std::string_view detail) {
  const nlohmann::json problem{
    {"type", "about:blank"}, {"title", status_phrase(status)}, {"status", status}, {"detail", detail}};
  http_reply reply;
  reply.status = status;
  reply.content_type = "application/problem+json";
  reply.body = escape_controls(problem.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return reply;
}

namespace {

int status_of(error_code code) noexcept {
  switch (code) {
    case error_code::bad_usage:
    case error_code::unknown_dj:
    case error_code::bad_pack:
    case error_code::bad_config:
    case error_code::bad_fault_plan:
    case error_code::bad_input: return 400;
    case error_code::not_found: return 404;
    case error_code::run_exists:
    case error_code::fingerprint_mismatch:
    case error_code::store_locked:
    case error_code::wrong_state: return 409;
    case error_code::backend_unavailable:
    case error_code::backend_refused: return 503;
    case error_code::disk_full: return 507;
    case error_code::output_unwritable:
    case error_code::store_damaged:
    case error_code::store_newer:
    case error_code::store_foreign:
    case error_code::io_failed:
    case error_code::internal: return 500;
  }
  return 500;
}

} // namespace

http_reply failure_reply(const failure& f) { return problem_reply(status_of(f.code), to_string(f)); }

} // namespace longwave::cli
