#!/usr/bin/env bash
# Looks whether a deployed app works. Needs bash, az, curl for --send, and the role Storage Queue
# Data Message Processor (or Reader) and Storage Blob Data Reader on the storage account for whoever
# runs it. Shows ids, counts and states, never a record, a message or a key. Changes nothing, but
# for the one sample event of --send; where only Event Grid may call the app, --send lets this machine
# in for as long as it takes.
#
# Exit codes: 0 all is well; 1 az failed; 2 wrong options; 3 a function is missing or disabled;
# 4 an event subscription is missing or not ready; 5 the records cannot be read; 6 no record came;
# 7 the app did not take the sample event
set -Eeuo pipefail
trap 'exit 1' ERR

infra=$(cd "$(dirname "$0")" && pwd)
subscriptions=$infra/event-subscriptions.json
sample=$infra/../samples/SMSReceived.current.json
az=${AZ:-az}

# shellcheck source=infra/call.sh
. "$infra/call.sh"

group='' name='' acs_id='' wait_seconds=0 send=false

usage() {
  cat <<'TEXT'
usage: infra/smoke.sh --resource-group GROUP --name APP --acs-resource-id ID [OPTIONS]

  --wait SECONDS  wait for a record: send an SMS to one of your numbers, or a chat message, meanwhile
  --send          hand a sample SMS event to sms_received, and wait for its record (180 s);
                  it opens a work item: readers of the queue see it
  --my-address ADDRESS  with --send, see deploy.sh
TEXT
}

fail() {
  local code=$1
  shift
  printf 'smoke.sh: %s\n' "$*" >&2
  exit "$code"
}

lower() { printf '%s' "$1" | tr '[:upper:]' '[:lower:]'; }

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --resource-group | -g | --name | -n | --acs-resource-id | --wait | --my-address)
        [ $# -ge 2 ] || fail 2 "$1 needs a value"
        case $1 in
          --resource-group | -g) group=$2 ;;
          --name | -n) name=$2 ;;
          --acs-resource-id) acs_id=${2%/} ;;
          --wait) wait_seconds=$2 ;;
          --my-address) my_address=$2 ;;
        esac
        shift
        ;;
      --send)
        send=true
        wait_seconds=180
        ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) fail 2 "unknown option $1; --help lists them" ;;
    esac
    shift
  done
  if [ -z "$group" ] || [ -z "$name" ] || [ -z "$acs_id" ]; then fail 2 'three options are needed; --help lists them'; fi
  [[ $wait_seconds =~ ^[0-9]+$ ]] || fail 2 "--wait takes seconds, not '$wait_seconds'"
}

names() { sed -n "s/^ *\"$1\": \"\\([^\"]*\\)\",*\$/\\1/p" "$subscriptions"; }

check_functions() {
  local listed function
  listed=$("$az" functionapp function list --resource-group "$group" --name "$name" --query '[].[name,isDisabled || properties.isDisabled]' -o tsv | tr -d '\r')
  for function in $(names function); do
    printf '%s\n' "$listed" | grep -Eq "(^|/)$function"$'\t''(False|None|false|)$' || fail 3 "function $function is missing or disabled"
    printf 'function %s: there\n' "$function"
  done
}

check_subscriptions() {
  local topics listed one state id source topic='' topic_group=''
  topics=$("$az" eventgrid system-topic list --query '[].[id,source]' -o tsv | tr -d '\r')
  while IFS=$'\t' read -r id source; do
    if [ "$(lower "$source")" = "$(lower "$acs_id")" ]; then
      topic=${id##*/} topic_group=$(printf '%s' "$id" | cut -d/ -f5)
    fi
  done <<<"$topics"
  [ -n "$topic" ] || fail 4 'the Communication Services resource has no system topic'
  listed=$("$az" eventgrid system-topic event-subscription list --resource-group "$topic_group" \
    --system-topic-name "$topic" --query '[].[name,provisioningState]' -o tsv | tr -d '\r')
  for one in $(names name); do
    state=$(printf '%s\n' "$listed" | awk -F'\t' -v name="$name-$one" '$1 == name { print $2 }')
    [ "$state" = Succeeded ] || fail 4 "event subscription $name-$one: ${state:-missing}"
    printf 'event subscription %s-%s: %s\n' "$name" "$one" "$state"
  done
}

output() { # output NAME: of the deployment of infra/main.json
  "$az" deployment group show --resource-group "$group" --name "$name" --query "properties.outputs.$1.value" -o tsv | tr -d '\r'
}

setting() { # setting NAME: only ever asked for names of queues
  "$az" functionapp config appsettings list --resource-group "$group" --name "$name" --query "[?name=='$1'].value" -o tsv | tr -d '\r'
}

newest() { # ids of the messages in sight; a peek shows 32 at most and takes none
  "$az" storage message peek --auth-mode login --account-name "$account" --queue-name "$queue" \
    --num-messages 32 --query '[].id' -o tsv 2>/dev/null | tr -d '\r' | sort
}

count_dead_letters() {
  "$az" storage blob list --auth-mode login --account-name "$account" --container-name "$(output deadLettersContainer)" \
    --num-results 5000 --query 'length(@)' -o tsv 2>/dev/null | tr -d '\r'
}

send_sample() {
  local attempt=1
  trap 'code=$?; trap "" INT TERM HUP; close_again || true; exit "$code"' EXIT
  trap 'exit 130' INT TERM HUP
  until post sms_received "$(cat "$sample")"; do
    if [ "$attempt" -ge 5 ] || ! admit; then fail 7 "sms_received: $(meaning)"; fi
    attempt=$((attempt + 1))
    sleep "$retry_seconds"
  done
  close_again
  printf 'sample event: sms_received has taken it\n'
}

wait_for_record() {
  local before=$1 until=$((SECONDS + wait_seconds))
  while [ "$SECONDS" -lt "$until" ]; do
    if [ "$(newest)" != "$before" ]; then
      printf 'queue %s: a record came\n' "$queue"
      return
    fi
    sleep 5
  done
  fail 6 "no record on $queue within $wait_seconds s; docs/deploy.md says where to look"
}

main() {
  read_options "$@"
  check_functions
  check_subscriptions
  account=$(output storageAccountName)
  queue=$(setting WORK_ITEMS_QUEUE)
  local before dead_letters
  before=$(newest) || fail 5 "you may not read queue $queue of $account, see the first lines of this script"
  printf 'queue %s: %s in sight\n' "$queue" "$(printf '%s' "$before" | grep -c . || true)"
  dead_letters=$(count_dead_letters) || dead_letters='? (you may not list them)'
  printf 'dead letters: %s\n' "$dead_letters"
  if [ "$send" = true ]; then send_sample; fi
  if [ "$wait_seconds" -gt 0 ]; then wait_for_record "$before"; fi
  printf 'All is well.\n'
}

main "$@"
