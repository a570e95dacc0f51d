// Preloaded into the server: SIGUSR2 keeps its one JavaScript thread busy for good.
process.on('SIGUSR2', () => {
  for (;;);
});
