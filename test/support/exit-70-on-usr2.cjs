// Preloaded by a test: the server ends as it does when the engine has failed for good.
process.on('SIGUSR2', () => process.exit(70));
