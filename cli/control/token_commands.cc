#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/control/all_pages.h"
#include "cli/control/arguments.h"
#include "cli/control/command_groups.h"
#include "cli/control/result_text.h"
#include "cli/exit_status.h"
#include "rpc/server_flags.h"
#include "rpc/timestamp.h"

namespace lockstitch::cli {
namespace {

struct TokenArguments {
  std::string name;
  std::string role;
  std::string certificate;
  absl::Duration expires_in = absl::InfiniteDuration();
  bool all = false;
  int count = 50;
};

int RunCreate(const TokenArguments& arguments, const ControlCall& call) {
  v1::CreateTokenRequest request;
  request.set_token_id(arguments.name);
  v1::Role role = v1::ROLE_UNSPECIFIED;
  v1::Role_Parse("ROLE_" + arguments.role, &role);
  request.set_role(role);
  request.set_certificate_name(arguments.certificate);
  if (arguments.expires_in != absl::InfiniteDuration())
    *request.mutable_expires_at() = rpc::ToTimestamp(absl::Now() + arguments.expires_in);
  const absl::StatusOr<v1::CreateTokenResponse> response =
      call.client.CreateToken(request, call.stop);
  if (!response.ok()) return Fail(response.status(), call.output);
  if (call.output != Output::kTable) {
    PrintResult(call.output, *response, "");
  } else if (response->secret().empty()) {
    std::cout << arguments.name << ": made; the certificate " << arguments.certificate
              << " stands for it\n";
  } else {
    // Alone on stdout, so that it goes straight into a file.
    std::cout << response->secret() << "\n";
    std::cerr << arguments.name << ": made; its secret is shown this once\n";
  }
  return kSucceeded;
}

int RunList(const TokenArguments& arguments, const ControlCall& call) {
  v1::ListTokensRequest request;
  request.set_show_ended(arguments.all);
  const absl::StatusOr<v1::ListTokensResponse> all =
      AllPages(call, &scheduler::ControlClient::ListTokens, request);
  if (!all.ok()) return Fail(all.status(), call.output);
  PrintResult(call.output, *all,
              all->tokens().empty()
                  ? "no tokens\n  Next: lockstitch token create NAME --role operator\n"
                  : TokensText(all->tokens()));
  return kSucceeded;
}

int RunRevoke(const TokenArguments& arguments, const ControlCall& call) {
  v1::RevokeTokenRequest request;
  request.set_name("tokens/" + arguments.name);
  const absl::StatusOr<v1::RevokeTokenResponse> response =
      call.client.RevokeToken(request, call.stop);
  if (!response.ok()) return Fail(response.status(), call.output);
  PrintResult(call.output, *response,
              absl::StrCat(arguments.name,
                           ": revoked; other schedulers refuse it within five "
                           "seconds\n"));
  return kSucceeded;
}

int RunAudit(const TokenArguments& arguments, const ControlCall& call) {
  v1::ListAuditEntriesRequest request;
  v1::ListAuditEntriesResponse all;
  do {
    request.set_page_size(arguments.count - all.entries_size());
    const absl::StatusOr<v1::ListAuditEntriesResponse> page =
        call.client.ListAuditEntries(request, call.stop);
    if (!page.ok()) return Fail(page.status(), call.output);
    all.MergeFrom(*page);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && all.entries_size() < arguments.count);
  all.clear_next_page_token();
  PrintResult(call.output, all,
              all.entries().empty() ? "nothing was changed yet\n" : AuditText(all.entries()));
  return kSucceeded;
}

}  // namespace

std::vector<CLI::App*> AddTokenCommands(CLI::App& app, ControlCommand& command) {
  CLI::App* group =
      app.add_subcommand("token", "Who may call a scheduler from another machine, and as what.");
  group->require_subcommand(1);
  group->footer("Example:\n  lockstitch token list");
  const auto add = [&](CLI::App* of, const std::string& name, const std::string& help, auto run) {
    CLI::App* each = of->add_subcommand(name, help);
    const auto arguments = std::make_shared<TokenArguments>();
    OnParsed(each, command, arguments, run);
    return std::pair(each, arguments);
  };
  const auto [create, made] =
      add(group, "create", "Make one, and print its secret once.", RunCreate);
  create->footer(
      "Examples:\n"
      "  lockstitch token create ci --role operator --expires-in 90d > ci.token\n"
      "  lockstitch token create alice --role viewer --certificate alice.example\n"
      "\n"
      "viewer reads; operator also runs and stops jobs, creates and edits integrations; admin "
      "also\n"
      "deletes integrations and makes tokens. docs/access.md tells each call's role.");
  create->add_option("NAME", made->name, "its name, by which the audit log knows it")
      ->required()
      ->option_text(" ");
  create->add_option("--role", made->role, "viewer, operator or admin")
      ->required()
      ->transform(CLI::IsMember({"VIEWER", "OPERATOR", "ADMIN"}, CLI::ignore_case))
      ->option_text("ROLE");
  create
      ->add_option("--certificate", made->certificate,
                   "the name in the client certificate that proves it, in place of a secret")
      ->option_text("NAME");
  rpc::AddDurationFlag(*create, "--expires-in", made->expires_in, "how long it may be used",
                       absl::Seconds(1));
  const auto [list, listed] = add(group, "list", "List them.", RunList);
  list->add_flag("--all", listed->all, "those that were revoked or have expired as well");
  const auto [revoke, revoked] =
      add(group, "revoke", "Have one be refused from now on.", RunRevoke);
  revoke->footer("Example:\n  lockstitch token revoke ci");
  revoke->add_option("NAME", revoked->name, "its name")->required()->option_text(" ");
  const auto [audit, shown] =
      add(&app, "audit", "Show who has changed what, the latest first.", RunAudit);
  audit->footer("Example:\n  lockstitch audit --count 20");
  audit->add_option("--count", shown->count, "entries to show [50]")
      ->check(CLI::Range(1, 1'000'000))
      ->option_text("N");
  return {create, list, revoke, audit};
}

}  // namespace lockstitch::cli
