using Identity.Demo;

await DemoApp.Build(args).RunAsync();
