#include "postgres/connect_error.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace lockstitch::postgres {
namespace {

struct Wording {
  absl::string_view part;
  Reason reason;
};

// From libpq's sources (fe-connect.c, fe-secure-openssl.c); the first match counts.
constexpr Wording kWordings[] = {
    {"could not translate host name", Reason::kHostUnknown},
    {"session is read-only", Reason::kSessionNotWanted},
    {"session is not read-only", Reason::kSessionNotWanted},
    {"hot standby mode", Reason::kSessionNotWanted},
    {"SSL", Reason::kTlsFailed},
    {"private key", Reason::kTlsFailed},
    {"certificate", Reason::kTlsFailed},
    {"Connection refused", Reason::kHostUnreachable},
    {"No such file or directory", Reason::kHostUnreachable},
    {"timeout expired", Reason::kHostUnreachable},
    {"timed out", Reason::kHostUnreachable},
    {"No route to host", Reason::kHostUnreachable},
    {"Network is unreachable", Reason::kHostUnreachable},
    {"no password supplied", Reason::kAuthenticationFailed},
    {"server closed the connection", Reason::kConnectionLost},
    {"Connection reset by peer", Reason::kConnectionLost},
    {"Broken pipe", Reason::kConnectionLost},
    {"invalid", Reason::kConnectionStringInvalid},
};

// Five digits and capitals, at least one of them a digit: "28P01", but not "FATAL".
bool IsSqlState(absl::string_view word) {
  return word.size() == 5 && std::any_of(word.begin(), word.end(), absl::ascii_isdigit) &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return absl::ascii_isdigit(c) || absl::ascii_isupper(c); });
}

// Where the server refused: `28P01` and the text behind it, which is not empty.
struct Refusal {
  absl::string_view sqlstate;
  absl::string_view text;
};

bool FindRefusal(absl::string_view line, Refusal* refusal) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ": ");
  for (const absl::string_view part : parts) {
    const absl::string_view word = absl::StripAsciiWhitespace(part);
    if (!IsSqlState(word)) continue;
    absl::string_view text = line.substr(word.data() + word.size() - line.data());
    absl::ConsumePrefix(&text, ":");
    *refusal = {word, absl::StripAsciiWhitespace(text)};
    return !refusal->text.empty();
  }
  return false;
}

}  // namespace

absl::Status ConnectError(absl::string_view message, absl::string_view certificate_problem,
                          Side side) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(message, '\n', absl::SkipWhitespace());
  for (const absl::string_view line : lines) {
    Refusal refusal;
    if (!FindRefusal(line, &refusal)) continue;
    const bool wants_tls = absl::StrContains(refusal.text, "no encryption") ||
                           absl::StrContains(refusal.text, "SSL off");
    if (absl::StartsWith(refusal.sqlstate, "28") && wants_tls)
      return Error(Reason::kTlsFailed, refusal.text);
    if (absl::StrContains(refusal.text, "requires a valid client certificate")) {
      return Error(Reason::kTlsFailed, refusal.text,
                   "Set tls.certificate_file and tls.key_file, or sslcert and sslkey in the URL.");
    }
    const Reason reason = ReasonForSqlState(refusal.sqlstate, side);
    return Error(reason == OtherReason(side) ? Reason::kConnectionFailed : reason, refusal.text);
  }
  const absl::string_view first =
      lines.empty() ? "the connection failed" : absl::StripAsciiWhitespace(lines[0]);
  if (!certificate_problem.empty() && absl::StrContains(message, "certificate verify failed")) {
    return Error(
        Reason::kTlsFailed, absl::StrCat(first, ": ", certificate_problem),
        "Name the authority that signed the server's certificate "
        "(tls.root_certificate_file, or sslrootcert in the URL), renew the certificate, or "
        "use mode require, which doesn't test it.");
  }
  for (const Wording& wording : kWordings) {
    if (absl::StrContains(message, wording.part)) return Error(wording.reason, first);
  }
  return Error(Reason::kConnectionFailed, first);
}

}  // namespace lockstitch::postgres
