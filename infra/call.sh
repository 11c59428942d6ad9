#!/usr/bin/env bash
# Calls the app as Event Grid does; read by deploy.sh and smoke.sh. Where access to the app is
# restricted, this machine is let in for a while: whoever calls `admit` calls `close_again` on every
# exit. Environment: RETRY_SECONDS (15: between attempts).
: "${az:?}"
retry_seconds=${RETRY_SECONDS:-15}

host='' key='' status='' refused='' admitted='' my_address=''

post() { # post FUNCTION EVENTS: whether it takes them. The key reaches curl by a pipe, not as an argument
  local headers
  if [ -z "$host" ]; then
    host=$("$az" resource show --resource-group "${group:?}" --name "${name:?}" --resource-type Microsoft.Web/sites \
      --api-version 2024-04-01 --query properties.defaultHostName -o tsv | tr -d '\r')
  fi
  if [ -z "$key" ]; then # the host makes it when it first runs
    key=$("$az" functionapp keys list --resource-group "$group" --name "$name" \
      --query systemKeys.eventgrid_extension -o tsv 2>/dev/null | tr -d '\r') || key=''
  fi
  headers=$(printf 'header = "x-functions-key: %s"\n' "$key" | curl --disable --config - --silent --max-time 30 \
    --output /dev/null --dump-header - --write-out '\nstatus: %{http_code}\n' \
    --header 'aeg-event-type: Notification' --header 'Content-Type: application/json' --data "$2" \
    "https://$host/runtime/webhooks/EventGrid?functionName=$1" | tr -d '\r') || true
  status=$(printf '%s\n' "$headers" | sed -n 's/^status: //p')
  refused=$(printf '%s\n' "$headers" | tr '[:upper:]' '[:lower:]' | sed -n 's/^x-ms-forbidden-ip: *//p')
  if [ "$status" = 401 ]; then key=''; fi
  [ "$status" = 202 ]
}

meaning() {
  case $status in
    000) printf 'nothing answers' ;;
    401) printf 'HTTP 401: the host has no key eventgrid_extension yet, or you may not read it' ;;
    403) printf 'HTTP 403: the app refuses this machine (%s), see --my-address' "${refused:-it does not name the address}" ;;
    404) printf 'HTTP 404: the host has not loaded it' ;;
    500) printf 'HTTP 500: it cannot be imported, or a setting is wrong; the log stream and Application Insights have the exception' ;;
    *) printf 'HTTP %s' "$status" ;;
  esac
}

admit() { # after an answer: let this machine in where the app refused it, by the address that it named
  local address=${my_address:-$refused}
  if [ "$status" != 403 ] || [ -n "$admitted" ]; then return 0; fi
  case $address in
    '' | *[!0-9a-f.:/]*) return 1 ;;
    */*) ;;
    *:*) address=$address/128 ;;
    *) address=$address/32 ;;
  esac
  admitted=deploy-$(date +%s) # before it is there: an interrupted az may have made it
  printf 'access: %s is let in for a while (rule %s)\n' "$address" "$admitted"
  "$az" functionapp config access-restriction add --resource-group "$group" --name "$name" \
    --rule-name "$admitted" --action Allow --priority 1 --ip-address "$address" -o none
}

close_again() {
  local attempt
  if [ -z "$admitted" ]; then return 0; fi
  for attempt in 1 2 3; do
    if "$az" functionapp config access-restriction remove --resource-group "$group" --name "$name" \
      --rule-name "$admitted" -o none; then
      printf 'access: rule %s is removed\n' "$admitted"
      admitted=''
      return 0
    fi
    if [ "$attempt" -lt 3 ]; then sleep "$retry_seconds"; fi
  done
  printf 'The access rule %s could not be removed, or was not made. Look: az functionapp config access-restriction show --resource-group %s --name %s\n' \
    "$admitted" "$group" "$name" >&2
  return 1
}
