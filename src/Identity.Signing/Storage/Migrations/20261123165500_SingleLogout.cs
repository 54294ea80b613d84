using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class SingleLogout : Migration
    {
        private static readonly string[] Said = ["ProviderSession", "Subject", "IdToken"];

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // No logout could reach a session of before: those people sign in again.
            migrationBuilder.Sql("DELETE FROM \"Sessions\"");

            foreach (var column in Said)
            {
                migrationBuilder.AddColumn<string>(
                    name: column,
                    table: "Sessions",
                    type: "TEXT",
                    nullable: false,
                    defaultValue: "");
            }

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_ProviderSession",
                table: "Sessions",
                column: "ProviderSession");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_Subject",
                table: "Sessions",
                column: "Subject");

            migrationBuilder.CreateTable(
                name: "SettledLogouts",
                columns: table => new
                {
                    What = table.Column<string>(type: "TEXT", nullable: false),
                    ExpiresAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SettledLogouts", x => x.What);
                });

            migrationBuilder.CreateIndex(
                name: "IX_SettledLogouts_ExpiresAt",
                table: "SettledLogouts",
                column: "ExpiresAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "SettledLogouts");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_Subject",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_ProviderSession",
                table: "Sessions");

            foreach (var column in Said)
            {
                migrationBuilder.DropColumn(
                    name: column,
                    table: "Sessions");
            }
        }
    }
}
