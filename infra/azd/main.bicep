// The resource group, and in it what infra/main.json says. Nothing else belongs here: this file is
// only compiled by azd, so that no test can look into it.
targetScope = 'subscription'

@description('Name of the azd environment; the other names are made from it.')
@minLength(2)
@maxLength(32)
param environmentName string

@description('A region that offers Flex Consumption.')
param location string

@description('Resource id of the Communication Services resource; for the hook after publishing.')
param acsResourceId string

@description('As of infra/deploy.sh --python-version.')
param pythonVersion string

@description('As of infra/deploy.sh --dead-letter-without-identity.')
param deadLetterWithoutIdentity bool

@description('The other parameters of infra/main.json, by their names there. What is left out keeps its default.')
param appParameters object

var tags = { 'azd-env-name': environmentName }
var functionAppName = '${environmentName}-${uniqueString(subscription().id, environmentName)}'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

// Named like a deployment of infra/deploy.sh, which reads the outputs under this name.
module app '../main.json' = {
  name: functionAppName
  scope: group
  params: {
    functionAppName: functionAppName
    location: location
    tags: union(appParameters.?tags ?? {}, tags)
    pythonVersion: pythonVersion
    allowSharedKeyAccess: deadLetterWithoutIdentity
    storageAccountName: appParameters.?storageAccountName
    zoneRedundantStorageRegions: appParameters.?zoneRedundantStorageRegions
    storageSku: appParameters.?storageSku
    blobRecoveryDays: appParameters.?blobRecoveryDays
    deadLetterDays: appParameters.?deadLetterDays
    recordPayloadDays: appParameters.?recordPayloadDays
    archiveDays: appParameters.?archiveDays
    deleteLock: appParameters.?deleteLock
    virtualNetworkSubnetId: appParameters.?virtualNetworkSubnetId
    onlyEventGrid: appParameters.?onlyEventGrid
    instanceMemoryMB: appParameters.?instanceMemoryMB
    maximumInstanceCount: appParameters.?maximumInstanceCount
    alwaysReady: appParameters.?alwaysReady
    zoneRedundant: appParameters.?zoneRedundant
    workItemsQueue: appParameters.?workItemsQueue
    pushNotificationsQueue: appParameters.?pushNotificationsQueue
    deadLettersContainer: appParameters.?deadLettersContainer
    recordPayloadsContainer: appParameters.?recordPayloadsContainer
    extraSettings: appParameters.?extraSettings
    logRetentionDays: appParameters.?logRetentionDays
    resourceLogs: appParameters.?resourceLogs
    functionAppLogs: appParameters.?functionAppLogs
    alerts: appParameters.?alerts
    alertEmails: appParameters.?alertEmails
    alertQueueMessages: appParameters.?alertQueueMessages
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = app.outputs.functionAppName
output ACS_RESOURCE_ID string = acsResourceId
