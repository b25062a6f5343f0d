#include "services/scheduler/notification/webhook_sender.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// What the receiver says is no concern of ours.
size_t Discard(char*, size_t size, size_t count, void*) { return size * count; }

int StopAsked(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

void Add(const std::string& header, Headers* headers) {
  headers->reset(curl_slist_append(headers->release(), header.c_str()));
}

// Once in a process, before any thread uses it.
bool StartCurl() { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

}  // namespace

std::string Signature(absl::string_view key, absl::Time time, absl::string_view body) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  const std::string text = absl::StrCat(seconds, ".", body);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return absl::StrCat(
      "t=", seconds, ",v1=",
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size)));
}

absl::Status WebhookSender::Post(const v1::Webhook& webhook, int64_t number,
                                 const std::string& body, std::stop_token stop) const {
  static const bool started = StartCurl();
  const Handle handle(started ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (handle == nullptr) return Error(Reason::kInternal, "libcurl can't be used");
  Headers headers(nullptr, curl_slist_free_all);
  Add("Content-Type: application/json", &headers);
  Add(absl::StrCat("Lockstitch-Notification: ", number), &headers);
  if (!webhook.signing_key().empty()) {
    Add(absl::StrCat("Lockstitch-Signature: ", Signature(webhook.signing_key(), absl::Now(), body)),
        &headers);
  }
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, webhook.url().c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "LockstitchWebhook/1.0");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Discard);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.timeout)));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, StopAsked);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stop);
  if (!options_.root_certificate_file.empty())
    curl_easy_setopt(curl, CURLOPT_CAINFO, options_.root_certificate_file.c_str());

  const CURLcode code = curl_easy_perform(curl);
  if (stop.stop_requested()) return Error(Reason::kStopped, "the request was given up");
  if (code != CURLE_OK)
    return Error(Reason::kWebhookNotAccepted,
                 absl::StrCat("no answer: ", curl_easy_strerror(code)));
  long answer = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
  if (answer >= 200 && answer < 300) return absl::OkStatus();
  return Error(Reason::kWebhookNotAccepted, absl::StrCat("the receiver answered ", answer));
}

}  // namespace lockstitch::scheduler
