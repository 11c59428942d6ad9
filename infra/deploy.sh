#!/usr/bin/env bash
# Deploys the app to Azure and binds it to a Communication Services resource. Needs bash, az, curl and
# Python 3.11 (which only zips the app). Every step can be repeated: run it again after a failure, or
# to publish a change. `infra/deploy.sh --help` lists the options, docs/deploy.md explains them.
#
# Exit codes:
#    0  done
#    1  az failed at something that has no code of its own
#    2  an option or a name is wrong; az was not called
#    3  the Communication Services resource is not there, or in another subscription
#    4  the region does not offer what the app runs on
#    5  the resources could not be provisioned
#    6  you may not do that: a role is missing
#    7  the package could not be built or published
#    8  Azure does not list a function that was published
#    9  the event subscriptions could not be made
#   10  they were made, but Azure does not report them as ready
#   11  there is no az or curl, or nobody is logged in
#   12  a function that was published does not take an event; nothing was subscribed
#   13  --delete-data was not confirmed; nothing was deleted
#
# Environment: every option, as DEPLOY_ and its name: DEPLOY_PYTHON_VERSION=3.12, DEPLOY_YES=true; the
# command line wins. AZ (the az to call), PYTHON, RETRY_SECONDS (15: between attempts), RETRIES (20:
# how often the functions are looked for, and asked to take an event; a quarter of it for publishing).
set -Eeuo pipefail
trap 'exit 1' ERR # az ends with 1, 2 or 3: codes that mean something else here

infra=$(cd "$(dirname "$0")" && pwd)
subscriptions=$infra/event-subscriptions.json
az=${AZ:-az}
retries=${RETRIES:-20}
lock=keep-records # the name in main.json
python_version=3.13

group='' location='' name='' acs_id='' package='' parameters=''
mode=deploy dead_letters='' reset=false delete_data=false yes=false
work='' unlocked='' entries=''

values='resource-group name acs-resource-id location python-version parameters package my-address'
flags='dead-letter-with-identity dead-letter-without-identity reset-subscriptions
  what-if events-only uninstall delete-data yes'

usage() {
  cat <<'TEXT'
usage: infra/deploy.sh --resource-group GROUP --name APP --acs-resource-id ID --location REGION [OPTIONS]

  --resource-group, -g GROUP  of the app; made when it is missing
  --name, -n APP              name of the function app: 2 to 46 letters, digits and dashes
  --acs-resource-id ID        of the Communication Services resource; this lists them:
                              az resource list --resource-type Microsoft.Communication/communicationServices --query '[].id' -o tsv
  --location, -l REGION       where the app runs
  --python-version VERSION    3.11, 3.12, 3.13 (the default) or 3.14
  --parameters FILE           more parameters of infra/main.json, as an ARM parameters file
  --package FILE              publish this zip instead of building one; Azure installs its
                              requirements.txt all the same, whatever packages the zip brings
  --my-address ADDRESS        of this machine, where only Event Grid may call the app: let in while
                              the functions are tried; default: the one that the app refuses
  --dead-letter-without-identity
                              where Event Grid refuses an identity on the topic, see docs/deploy.md
  --dead-letter-with-identity the opposite; without either it stays as it is, at first with identity
  --reset-subscriptions       write the event subscriptions anew; without it, one that is there keeps
                              its filter, batches, retries and dead letters
  --what-if                   show what would change, change nothing
  --events-only               only the event subscriptions, of an app that is there (azd calls this)
  --uninstall                 remove the event subscriptions and the app; the storage account stays
  --delete-data               with --uninstall: the storage account too, with every record in it;
                              asks before
  --yes                       with --delete-data: do not ask
TEXT
}

# shellcheck source=infra/call.sh
. "$infra/call.sh"

say() { printf '%s\n' "$*"; }

fail() { # fail CODE TEXT...
  local code=$1
  shift
  printf 'deploy.sh: %s\n' "$*" >&2
  exit "$code"
}

lower() { printf '%s' "$1" | tr '[:upper:]' '[:lower:]'; }

read_environment() { # azd hands on what `azd env set` was given
  local option variable
  for option in $values $flags; do
    variable=DEPLOY_$(printf '%s' "$option" | tr 'a-z-' 'A-Z_')
    [ -n "${!variable:-}" ] || continue
    case " $values " in
      *" $option "*)
        read_options "--$option" "${!variable}"
        continue
        ;;
    esac
    case ${!variable} in
      true) read_options "--$option" ;;
      false) ;;
      *) fail 2 "$variable is true or false, not '${!variable}'" ;;
    esac
  done
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --resource-group | -g | --name | -n | --acs-resource-id | --location | -l | --python-version | --parameters | --package | --my-address)
        [ $# -ge 2 ] || fail 2 "$1 needs a value"
        case $1 in
          --resource-group | -g) group=$2 ;;
          --name | -n) name=$2 ;;
          --acs-resource-id) acs_id=${2%/} ;;
          --location | -l) location=$(lower "$2" | tr -d ' ') ;;
          --python-version) python_version=$2 ;;
          --parameters) parameters=$2 ;;
          --package) package=$2 ;;
          --my-address) my_address=$2 ;;
        esac
        shift
        ;;
      --dead-letter-with-identity) dead_letters=identity ;;
      --dead-letter-without-identity) dead_letters=key ;;
      --reset-subscriptions) reset=true ;;
      --what-if) mode=what-if ;;
      --events-only) mode=events ;;
      --uninstall) mode=uninstall ;;
      --delete-data) delete_data=true ;;
      --yes) yes=true ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) fail 2 "unknown option $1; --help lists them" ;;
    esac
    shift
  done
}

check_options() { # the rules of learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
  local pattern='^/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[^/]+/providers/Microsoft\.Communication/CommunicationServices/[^/]+$'
  [ -n "$group" ] || fail 2 '--resource-group is missing'
  [ -n "$name" ] || fail 2 '--name is missing'
  [[ $group =~ ^[A-Za-z0-9_.()-]{1,90}$ && $group != *. ]] || fail 2 "'$group' is no name for a resource group"
  [[ $name =~ ^[A-Za-z0-9]([A-Za-z0-9-]{0,44}[A-Za-z0-9])$ ]] ||
    fail 2 "'$name' is no name for the app: 2 to 46 letters, digits and dashes, no dash at the ends"
  [ -n "$acs_id" ] || fail 2 '--acs-resource-id is missing; --help says how to find it'
  printf '%s\n' "$acs_id" | grep -Eiq "$pattern" ||
    fail 2 "'$acs_id' is no resource id of a Communication Services resource"
  case $mode in
    deploy | what-if) [ -n "$location" ] || fail 2 '--location is missing' ;;
  esac
  [ "$mode" = uninstall ] || [ "$delete_data" = false ] || fail 2 '--delete-data goes with --uninstall'
  if [ "$delete_data" = true ] && [ "$yes" = false ] && ! [ -t 0 ]; then
    fail 2 '--delete-data asks before it deletes, and there is no terminal: add --yes'
  fi
  [[ $my_address =~ ^([0-9a-fA-F.:]+(/[0-9]+)?)?$ ]] || fail 2 "'$my_address' is no address"
  case $python_version in
    3.11 | 3.12 | 3.13 | 3.14) ;;
    *) fail 2 "the app is not tested with Python '$python_version'" ;;
  esac
  [ -z "$parameters" ] || [ -f "$parameters" ] || fail 2 "there is no file $parameters"
  [ -z "$package" ] || [ -f "$package" ] || fail 2 "there is no file $package"
}

check_login() {
  command -v "$az" >/dev/null || fail 11 'az is not there: learn.microsoft.com/cli/azure/install-azure-cli'
  command -v curl >/dev/null || fail 11 'curl is not there'
  subscription=$("$az" account show --query id -o tsv 2>/dev/null) || fail 11 'nobody is logged in: az login'
}

check_acs() {
  local of
  of=$(printf '%s' "$acs_id" | cut -d/ -f3)
  [ "$(lower "$of")" = "$(lower "$subscription")" ] ||
    fail 3 "the Communication Services resource is in another subscription: az account set --subscription $of"
  "$az" resource show --ids "$acs_id" --api-version 2023-04-01 -o none ||
    fail 3 "az does not find the Communication Services resource $acs_id"
}

check_region() {
  local offered
  offered=$("$az" functionapp list-flexconsumption-locations --query '[].name' -o tsv | tr -d '\r')
  printf '%s\n' "$offered" | grep -Fqx "$location" ||
    fail 4 "'$location' does not offer Flex Consumption; az functionapp list-flexconsumption-locations lists what does"
  offered=$("$az" functionapp list-flexconsumption-runtimes --location "$location" --runtime python \
    --query '[].version' -o tsv | tr -d '\r')
  printf '%s\n' "$offered" | grep -Fqx "$python_version" ||
    fail 4 "'$location' does not offer Python $python_version; --python-version takes another"
}

# A resource has at most one system topic, so one that is there is used, whatever its name and group.
find_topic() {
  local listed id source identity
  listed=$("$az" eventgrid system-topic list --query '[].[id,source,identity.type]' -o tsv)
  topic_group=$(printf '%s' "$acs_id" | cut -d/ -f5)
  topic=$(printf '%s' "${acs_id##*/}" | cut -c1-43)-events
  topic_id='' topic_identity=''
  while IFS=$'\t' read -r id source identity; do
    if [ -n "$id" ] && [ "$(lower "$source")" = "$(lower "$acs_id")" ]; then
      topic_id=$id topic_identity=${identity%$'\r'}
      topic=${id##*/}
      topic_group=$(printf '%s' "$id" | cut -d/ -f5)
    fi
  done <<<"$listed"
  if [ -n "$topic_id" ]; then say "system topic: $topic, which is there (group $topic_group)"; fi
}

# A missing role, the most common reason of a failure, has a code of its own.
change() { # change CODE ARGUMENTS...: az, printing nothing
  local code=$1
  shift
  if ! "$az" "$@" -o none 2>"$work/error"; then
    cat "$work/error" >&2
    if grep -Eiq 'AuthorizationFailed|authorization failed|does not have (authorization|permission)' "$work/error"; then
      fail 6 'you need Owner, or Contributor and User Access Administrator (with deleteLock=false Role Based Access Control Administrator), on both resource groups'
    fi
    fail "$code" "az $1 $2 $3 failed, see above"
  fi
}

list_subscriptions() { # their state a line; no field is empty, as read takes several tabs for one
  local query="[].[name, provisioningState || '-', destination.resourceId || '-',
    deadLetterWithResourceIdentity && 'identity' || deadLetterDestination && 'key' || 'none',
    filter.includedEventTypes && join(',', filter.includedEventTypes) || 'all']"
  "$az" eventgrid system-topic event-subscription list --resource-group "$topic_group" \
    --system-topic-name "$topic" --query "$query" -o tsv | tr -d '\r'
}

expected_functions() { sed -n 's/^ *"function": "\([^"]*\)",*$/\1/p' "$subscriptions"; }

expected_names() { sed -n 's/^ *"name": "\([^"]*\)",*$/\1/p' "$subscriptions"; }

expected_subscriptions() { expected_names | sed "s/^/$name-/"; }

default_entry() { # default_entry NAME: its object in the generated file, which has a key a line
  awk -v name="\"name\": \"$1\"" '/^  {/ { text = "" } { text = text $0 "\n" }
    /^  }/ && index(text, name) { sub(/,\n$/, "\n", text); printf "%s", text }' "$subscriptions"
}

present_entry() { # present_entry NAME FUNCTION: the same object, of the event subscription that is there
  "$az" eventgrid system-topic event-subscription list --resource-group "$topic_group" --system-topic-name "$topic" \
    --query "[?name=='$name-$1'] | [0].{name: '$1', function: '$2', filter: filter, retryPolicy: retryPolicy,
      maxEventsPerBatch: destination.maxEventsPerBatch,
      preferredBatchSizeInKilobytes: destination.preferredBatchSizeInKilobytes}" -o json
}

# What is there stays as it is: it may have been changed on purpose. Into subscriptions.json goes what
# is missing, what does not work, and what the caller asked to change.
read_subscriptions() {
  local asked=$dead_letters listed='' one state target present types
  entries=''
  if [ -n "$topic_id" ]; then listed=$(list_subscriptions); fi
  if [ -z "$asked" ]; then
    dead_letters=identity
    while IFS=$'\t' read -r one state target present types; do
      if [ "$present" = key ] && expected_subscriptions | grep -Fqx -e "$one"; then dead_letters=key; fi
    done <<<"$listed"
    if [ "$dead_letters" = key ]; then say "dead letters: written with the account's key, as now"; fi
  fi
  for one in $(expected_names); do
    add_entry "$one" "$asked" "$(printf '%s\n' "$listed" | awk -F'\t' -v name="$name-$one" '$1 == name')"
  done
  printf '[%s]\n' "${entries%,}" >"$work/subscriptions.json"
}

add_entry() { # add_entry NAME ASKED LINE: to those that are written; LINE is what is there
  local one=$1 asked=$2 state target present types function
  function=$(default_entry "$one" | sed -n 's/^ *"function": "\([^"]*\)",*$/\1/p')
  IFS=$'\t' read -r _ state target present types <<<"$3"
  if [ "$reset" = true ] || [ "$state" != Succeeded ] || ! is_ours "$target" "$function"; then
    entries+=$(default_entry "$one"),
  elif [ -n "$asked" ] && [ "$asked" != "$present" ]; then
    entries+=$(present_entry "$one" "$function"),
  else
    tell_what_stays "$one" "$present" "$types"
  fi
}

is_ours() { # is_ours RESOURCE_ID FUNCTION
  case $(lower "$1") in
    */resourcegroups/"$(lower "$group")"/providers/microsoft.web/sites/"$(lower "$name")"/functions/"$2") ;;
    *) return 1 ;;
  esac
}

tell_what_stays() { # tell_what_stays NAME DEAD_LETTERS TYPES
  local type missing=''
  say "event subscription $name-$1: is there and stays as it is (dead letters: $2)"
  if [ "$2" = none ]; then say "WARNING: $name-$1 has no dead letters: events can be lost; --reset-subscriptions sets them up"; fi
  for type in $(default_entry "$1" | sed -n 's/^ *"\(Microsoft\.[A-Za-z.]*\)",*$/\1/p'); do
    case ",$(lower "$3")," in
      ,all, | *",$(lower "$type"),"*) ;;
      *) missing+=" $type" ;;
    esac
  done
  if [ -n "$missing" ]; then say "WARNING: $name-$1 does not ask for$missing; --reset-subscriptions does"; fi
}

group_exists() { "$az" group exists --name "$group" -o tsv | tr -d '\r'; }

app_parameters() { # in an array, so that names with spaces stay whole
  arguments=(--parameters)
  if [ -n "$parameters" ]; then arguments+=("@$parameters"); fi
  arguments+=("functionAppName=$name" "location=$location" "pythonVersion=$python_version")
  if [ "$dead_letters" = key ]; then arguments+=(allowSharedKeyAccess=true); fi
}

provision() {
  if [ "$(group_exists)" != true ]; then
    say "resource group $group: made"
    change 5 group create --name "$group" --location "$location"
  fi
  say 'provisioning: identity, storage, plan, app, telemetry'
  app_parameters
  change 5 deployment group create --resource-group "$group" --name "$name" --template-file "$infra/main.json" \
    "${arguments[@]}"
}

read_outputs() { # of an earlier deployment of main.json, by this script or azd
  local query="properties.outputs.[functionAppId.value, storageAccountId.value, deadLettersContainer.value,
    logsWorkspaceId.value || '', actionGroupId.value || '']"
  { read -r app_id && read -r storage_id && read -r container && read -r logs_id && read -r alerts_id; } < <(
    "$az" deployment group show --resource-group "$group" --name "$name" --query "$query" -o tsv | tr -d '\r'
  )
}

prepare_topic() { # an identity for a topic that was there without; whatever else it has stays
  if [ -z "$topic_id" ] || [ "$dead_letters" = key ]; then return; fi
  case $topic_identity in
    *SystemAssigned*) return ;;
    *UserAssigned*) identity='identity.type=SystemAssigned, UserAssigned' ;;
    *) identity='identity={"type":"SystemAssigned"}' ;;
  esac
  say "system topic: gets a system-assigned identity, for dead letters"
  change 9 resource update --ids "$topic_id" --api-version 2025-02-15 --set "$identity"
}

events_parameters() { # events_parameters CREATE_EVENT_SUBSCRIPTIONS
  local create=true with_identity=true
  if [ -n "$topic_id" ]; then create=false; fi
  if [ "$dead_letters" = key ]; then with_identity=false; fi
  arguments=(--parameters "communicationServicesId=$acs_id" "topicName=$topic" "createTopic=$create"
    "functionAppId=$app_id" "storageAccountId=$storage_id" "deadLettersContainer=$container"
    "subscriptions=@$work/subscriptions.json" "createEventSubscriptions=$1" "deadLetterWithIdentity=$with_identity"
    "logsWorkspaceId=$logs_id" "actionGroupId=$alerts_id")
}

deploy_events() { # deploy_events CREATE_EVENT_SUBSCRIPTIONS
  events_parameters "$1"
  change 9 deployment group create --resource-group "$topic_group" --name "$name-events" \
    --template-file "$infra/eventgrid.json" "${arguments[@]}"
}

build_package() {
  if [ -n "$package" ]; then return; fi
  package=$work/app.zip
  (cd "$infra/.." && "${PYTHON:-python3}" -m tools.package --output "$package") ||
    fail 7 'the package could not be built; --package takes one that was built elsewhere'
}

publish() { # the app's role on its storage may take minutes to be in force
  local attempt=1 last=$(((retries + 3) / 4))
  say 'publishing: Azure installs the requirements, a few minutes'
  until "$az" functionapp deployment source config-zip --resource-group "$group" --name "$name" \
    --src "$package" --build-remote true -o none; do
    if [ "$attempt" -ge "$last" ]; then fail 7 "publishing failed $attempt times, see above"; fi
    say "publishing: attempt $attempt failed, the next in $((retry_seconds * attempt)) s"
    sleep "$((retry_seconds * attempt))"
    attempt=$((attempt + 1))
  done
}

missing_functions() {
  local listed function
  listed=$("$az" functionapp function list --resource-group "$group" --name "$name" \
    --query '[].name' -o tsv | tr -d '\r') || listed='' # the host may still be starting
  for function in $(expected_functions); do
    printf '%s\n' "$listed" | grep -Fqx -e "$name/$function" -e "$function" || printf '%s ' "$function"
  done
}

wait_for_functions() {
  local attempt missing
  for ((attempt = 1; attempt <= retries; attempt++)); do
    missing=$(missing_functions)
    if [ -z "$missing" ]; then
      say "functions: $(expected_functions | tr '\n' ' ')"
      return
    fi
    if [ "$attempt" -lt "$retries" ]; then sleep "$retry_seconds"; fi
  done
  fail 8 "Azure does not list: $missing(no event subscription was made; the log stream in the portal says why)"
}

# A list of functions proves nothing: the host makes it of function.json files, without Python. So each
# function is handed an event as Event Grid would, of a type that makes no record (docs/events.md).
prove() {
  local function attempt=1
  for function in $(expected_functions); do
    until post "$function" "$(no_record)"; do
      if [ "$attempt" -ge "$retries" ]; then
        fail 12 "$function does not take an event: $(meaning). No event subscription was made"
      fi
      admit || fail 12 "$(meaning)"
      say "trying $function: $(meaning); attempt $((attempt + 1)) of $retries in $retry_seconds s"
      attempt=$((attempt + 1))
      sleep "$retry_seconds"
    done
    say "function $function: takes an event"
  done
  close_again
}

no_record() {
  printf '[{"id": "deploy.sh", "topic": "%s", "subject": "deploy.sh", "eventTime": "%s", "dataVersion": "1.0",
    "eventType": "Microsoft.Communication.ChatTypingIndicatorReceivedInThread", "data": {}}]' \
    "$acs_id" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}

verify() {
  local listed one state destination
  listed=$(list_subscriptions)
  for one in $(expected_subscriptions); do
    state=$(printf '%s\n' "$listed" | awk -F'\t' -v name="$one" '$1 == name { print $2 }')
    [ "$state" = Succeeded ] || fail 10 "event subscription $one: ${state:-missing}"
    say "event subscription $one: $state"
  done
  while IFS=$'\t' read -r one state destination _; do
    if [ -z "$one" ] || expected_subscriptions | grep -Fqx "$one"; then continue; fi
    case $(lower "$destination") in
      "$(lower "$app_id")"/*) say "WARNING: event subscription $one delivers here as well: events in both come twice" ;;
    esac
  done <<<"$listed"
}

what_if() {
  if [ "$(group_exists)" != true ]; then
    say "The resource group $group would be made. To see what would be made in it: az group create --name $group --location $location"
    return
  fi
  app_parameters
  "$az" deployment group what-if --resource-group "$group" --name "$name" --template-file "$infra/main.json" "${arguments[@]}" || exit 5
  if read_outputs 2>/dev/null; then
    events_parameters true
    "$az" deployment group what-if --resource-group "$topic_group" --name "$name-events" \
      --template-file "$infra/eventgrid.json" "${arguments[@]}" || exit 9
  else
    say "On the system topic $topic there would be: $(expected_subscriptions | tr '\n' ' ')"
  fi
}

list_resources() { # of this app, by the tag that main.json sets
  "$az" resource list --resource-group "$group" --query "[?tags.\"acs-event-records\"=='$name'].id" -o tsv | tr -d '\r'
}

storage_accounts() { list_resources | grep -Fi /providers/Microsoft.Storage/storageAccounts/ || true; }

delete_resources() { # delete_resources LISTED TYPE...: in this order, first what depends on others
  local left=$1 type id
  shift
  for type in "$@"; do
    for id in $(printf '%s\n' "$left" | grep -Fi "/providers/$type" || true); do
      change 1 resource delete --ids "$id"
      say "deleted: $id"
    done
    left=$(printf '%s\n' "$left" | grep -Fiv "/providers/$type" || true)
  done
}

# Role assignments of an identity that is gone stay behind, and hinder the next one of its name.
forget_deployment() { # forget_deployment GROUP NAME: delete the roles that it assigned, then its record
  local listed id ids=()
  listed=$("$az" deployment group show --resource-group "$1" --name "$2" \
    --query 'properties.outputs.roleAssignmentIds.value[]' -o tsv 2>/dev/null | tr -d '\r') || return 0
  for id in $listed; do ids+=("$id"); done
  if [ ${#ids[@]} -gt 0 ]; then
    change 1 resource delete --ids "${ids[@]}" --api-version 2022-04-01
    say "deleted: ${#ids[@]} role assignments of deployment $2"
  fi
  "$az" deployment group delete --resource-group "$1" --name "$2" -o none
}

# The lock of main.json also keeps role assignments from being deleted, so it has to go for a while
# even where the account stays (github.com/MicrosoftDocs/azure-docs/issues/110791).
unlock_storage() {
  local account
  for account in $(storage_accounts); do
    if [ -n "$("$az" resource lock list --resource "$account" --query "[?name=='$lock'].id" -o tsv)" ]; then
      unlocked="$unlocked $account" # before: an interrupted az may have removed it
      change 1 resource lock delete --resource "$account" --name "$lock"
    fi
  done
}

lock_again() {
  local account failed=0
  for account in $unlocked; do
    if "$az" resource lock create --resource "$account" --name "$lock" --lock-type CanNotDelete -o none; then
      say "locked again: $account"
    else
      printf 'deploy.sh: %s has lost its lock %s, which could not be made again\n' "$account" "$lock" >&2
      failed=1
    fi
  done
  unlocked=''
  return "$failed"
}

confirm() {
  local answer=''
  if [ "$delete_data" = false ] || [ "$yes" = true ]; then return; fi
  storage_accounts | sed 's/^/To be deleted, with every record in it: storage account /'
  printf 'The name of the app, to delete them: '
  read -r answer || true
  [ "$answer" = "$name" ] || fail 13 "that is not $name: nothing was deleted"
}

uninstall_topic() { # first of all, so that nothing is delivered to what is being removed
  local listed one ours
  if [ -z "$topic_id" ]; then return; fi
  listed=$(list_subscriptions | cut -f1)
  for one in $(expected_subscriptions); do
    if printf '%s\n' "$listed" | grep -Fqx "$one"; then
      change 1 eventgrid system-topic event-subscription delete --resource-group "$topic_group" \
        --system-topic-name "$topic" --name "$one" --yes
      say "deleted: event subscription $one"
    fi
  done
  ours=$("$az" resource show --ids "$topic_id" --api-version 2025-02-15 --query 'tags."acs-event-records"' -o tsv | tr -d '\r')
  if [ "$ours" = "$name" ] && [ -z "$(list_subscriptions)" ]; then
    change 1 resource delete --ids "$topic_id" --api-version 2025-02-15
    say "deleted: system topic $topic"
  fi
}

uninstall() {
  local there
  there=$(group_exists)
  if [ "$there" = true ]; then confirm; fi
  uninstall_topic
  if [ "$there" != true ]; then
    say "There is no resource group $group."
    return
  fi
  unlock_storage
  forget_deployment "$topic_group" "$name-events"
  forget_deployment "$group" "$name"
  delete_resources "$(list_resources | grep -Fiv /providers/Microsoft.Storage/ || true)" \
    Microsoft.Insights/metricAlerts/ Microsoft.Insights/scheduledQueryRules/ Microsoft.Insights/actionGroups/ \
    Microsoft.Web/sites/ Microsoft.Web/serverfarms/ Microsoft.Insights/ Microsoft.
  if [ "$delete_data" = true ]; then
    delete_resources "$(storage_accounts)" Microsoft.Storage/
    unlocked=''
  else
    lock_again
    say 'The storage account and the records in it are still there; --delete-data removes them too.'
  fi
}

end() { # on every exit: what was opened for a while is closed again
  local code=$?
  trap - ERR
  trap '' INT TERM HUP # a second Ctrl-C must not keep the rest from being done
  close_again || [ "$code" != 0 ] || code=1
  lock_again || [ "$code" != 0 ] || code=1
  rm -rf "$work"
  exit "$code"
}

main() {
  read_environment
  read_options "$@"
  check_options
  check_login
  work=$(mktemp -d)
  trap end EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [ "$mode" = uninstall ]; then
    find_topic
    uninstall
    return
  fi
  check_acs
  if [ "$mode" != events ]; then check_region; fi
  find_topic
  read_subscriptions
  if [ "$mode" = what-if ]; then
    what_if
    return
  fi
  if [ "$mode" = deploy ]; then
    build_package
    provision
  fi
  read_outputs || fail 5 "$group has no deployment called $name: run without --events-only first"
  prepare_topic
  if [ "$mode" = deploy ]; then
    deploy_events false # the topic and its role early: until the app is published, the role is in force
    publish
  fi
  wait_for_functions
  prove
  if [ "$mode" = events ] || [ -n "$entries" ]; then deploy_events true; fi
  verify
  say "Done. Send an SMS or a chat message; infra/smoke.sh looks whether it arrives."
}

main "$@"
