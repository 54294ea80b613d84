using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class CredentialRepair : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Certificates",
                table: "CredentialApprovals",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ProviderKeys",
                table: "CredentialApprovals",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "TakenBy",
                table: "CredentialApprovals",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "KeyPlaces",
                columns: table => new
                {
                    PersonIdentifier = table.Column<string>(nullable: false),
                    Number = table.Column<int>(nullable: false),
                    Instance = table.Column<string>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_KeyPlaces", x => new { x.PersonIdentifier, x.Number });
                });

            migrationBuilder.CreateIndex(
                name: "IX_KeyPlaces_Instance",
                table: "KeyPlaces",
                column: "Instance");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "KeyPlaces");

            migrationBuilder.DropColumn(
                name: "Certificates",
                table: "CredentialApprovals");

            migrationBuilder.DropColumn(
                name: "ProviderKeys",
                table: "CredentialApprovals");

            migrationBuilder.DropColumn(
                name: "TakenBy",
                table: "CredentialApprovals");
        }
    }
}
