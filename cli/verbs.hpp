// Every verb of the program: one function each, in a file of its own name (cli/<verb>.cpp).
#pragma once

#include <string>
#include <vector>

namespace longwave::cli {

using arguments = std::vector<std::string>;

// Start.
int broadcast_verb(const arguments& args);
int stories_verb(const arguments& args);
int serve_verb(const arguments& args);

// Control (control.cpp).
int status_verb(const arguments& args);
int pause_verb(const arguments& args);
int resume_verb(const arguments& args);
int stop_verb(const arguments& args);
int watch_verb(const arguments& args);
int events_verb(const arguments& args);
int weather_verb(const arguments& args);

// Look.
int inspect_verb(const arguments& args);
int snapshot_verb(const arguments& args);
int report_verb(const arguments& args);
int review_verb(const arguments& args);
int verify_verb(const arguments& args);
int why_verb(const arguments& args);
int diff_verb(const arguments& args);

// Prepare and care.
int export_verb(const arguments& args);
int audit_verb(const arguments& args);
int backup_verb(const arguments& args);
int preflight_verb(const arguments& args);
int restore_verb(const arguments& args);
int lore_verb(const arguments& args);
int validate_verb(const arguments& args);
int profiles_verb(const arguments& args);
int packs_verb(const arguments& args);
int doctor_verb(const arguments& args);
int preview_verb(const arguments& args);
int score_verb(const arguments& args);
int calendar_verb(const arguments& args);
int repair_verb(const arguments& args);
int fork_verb(const arguments& args);
int retry_verb(const arguments& args);
int gc_verb(const arguments& args);
int completion_verb(const arguments& args);
int version_verb(const arguments& args);

} // namespace longwave::cli
